# lone
a = -1
b = a- - 1
c = a ? -b : -(c)
d = [for a, b in [x] : -a if !b]
e = { for k, v in x : k => v... if v }
f = !a && !b || c % 2 * 3 / 4 + 5
g = a[0][*].b.*.c.0
h = f(a, b...)
i = a[*]["x"]
j = 1[2]
k = "x" [0]
l = a.b
m = x::y(1)
n = (a)[0]
o = {}[0]
p = { a = 1, b : 2, (c) = 3 }
q = "${a}${b}%{for x in y}${x}%{endfor~}"
r = [1, 2, ]
s = f(a, )
t = a <= b == (c >= d) != (e < f)
u = "a${ { b = 1 } }c"
v = foo(
  a, b
, c)
w = [{
  a = 1
  }, {
  b = 2
}]
xx = [[
  1], [2
]]
