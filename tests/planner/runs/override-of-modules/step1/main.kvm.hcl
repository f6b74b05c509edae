module "m" {
  source = "./one"
  v      = "plain"
}
variable "n" {
  default = 1
}
output "o" {
  value = "${module.m.o} ${var.n}"
}
