variable "a" {
type="string"
default="${x}"
}
variable "b" {
type=set
}
variable "c" {
type = "set"
nested {
type = "map"
}
}
output "d" {
type = "map"
b="${f("a", "${x}")}"
c="${x ? "${a}" : b}"
d="x${y}"
e="${a}b"
f="${a}${b}"
g="${
x
}"
h="${
a +
b
}"
i="${(
a
)}"
k = ["${x}"]
l = {
m = "${x}"
}
n = "${x}"["y"]
o = "%{ if x }y%{ endif }"
p="${~ x ~}"
}
