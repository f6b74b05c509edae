variable "a" {
  type = number
}
locals {
  b = var.a * 2
}
output "double" {
  value = local.b
}
