locals {
  a = terraform_data.a.id
  b = "x-${local.a}"
  c = [local.b, 1]
}
resource "terraform_data" "a" {
}
resource "terraform_data" "b" {
  input = local.c
}
output "o" { value = local.c }
