variable "v" {
  default = "1"
}
resource "terraform_data" "first" {
  input = var.v
}
resource "terraform_data" "other" {
  input = var.v
}
module "m" {
  source   = "./m"
  for_each = toset(["x", "y"])
  v        = "${each.key}${terraform_data.first.output}"
}
module "n" {
  source = "./m"
  v      = module.m["x"].out
}
resource "terraform_data" "last" {
  input = module.n.out
}
output "n" {
  value = module.n.out
}
output "x" {
  value = module.m["x"].out
}
output "idle" {
  value = module.m["x"].idle
}
