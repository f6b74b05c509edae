aa    = 1
b     = <<EOT
x
EOT
ccccc = 2
dddddddd = [
  1
]
eeee = {
  a = 1
}
f = 1
# comment
gggg = 2

h    = 3   // c1
iiii = 4   // c2
jj   = "é" # c3
kéé  = 1
foo {}                     # x
resource "a" "b" {         # y
  count = 1                # z
  tags  = { a = 1, b = 2 } # w
}
x = [    # one
  1,     # two
  22222, # three
]
y = f(a,
  b, <<E
  text ${a + b}
E
)
z    = true ? 1 : 2
zz   = -1
zzz  = a[-1]
zzzz = (-1)
y1   = !true
y3   = { for k, v in x : k => v... }
y4   = a.*.b
y5   = a[*].b
y6   = "a${b}c${~d~}"
y7   = { "a" : 1, (b) = 2 }
y8   = a % b
y9   = a ? -b : -c
