variable "x" {
  type = "list"
}
variable y {
  type = list
}
variable "z" {
  type="map"
    default = "${
   foo
   ? 1 : 2
  }"
}
a   =   <<EOT
  x
EOT
bcd = 1 # c
e = { # foo
  a:1, b   = 2
   # comment
 c    = [
 1,2
 ]
dd=3
}
f = foo (a , b ...)
g = a ?b:c
h = [for x in [1]:x if x>1]
i = !a && -b == c - d
/* multi
  line */
j = 1 /* x */ + 2 // d
k "a" b {
}
l { a = 1 }
m { 
}


n = provider::a::b (c)
o = "${a}${b}"
p = "${upper("${x}")}"
q = a[ 0 ].b . c[ * ].d
r = {}
s = { }
t = [ ]
u = "%{ if  a }x%{ else  }y%{ endif  }"
v = (
  1
+ 2)
w = "${~ a ~}"
xx = foo([
  1
])
yyy = 2
zz = foo({
  a = 1
}, {
bb = 2
})
