variable "n" {
  default = 2
}
module "m" {
  source = "./m"
  count  = var.n
  i      = count.index
}
resource "toy_thing" "x" {
  name = "x"
  note = join(",", module.m[*].id)
}
