variable "v" {
  default = "1"
}
locals {
  l = terraform_data.a.output
}
resource "terraform_data" "a" {
  input = var.v
}
resource "terraform_data" "b" {
  input = local.l
}
resource "terraform_data" "c" {
  count = 2
  input = "c${count.index}${terraform_data.b.output}"
}
resource "terraform_data" "d" {
  input = terraform_data.c[*].output
}
resource "terraform_data" "e" {
  input = "e${var.v}"
}
check "x" {
  assert {
    condition     = terraform_data.e.output == "e1"
    error_message = "not e1"
  }
}
output "const" {
  value = "k${var.v}"
}
output "a" {
  value = terraform_data.a.output
}
output "ae" {
  value = "${terraform_data.a.output}${terraform_data.e.output}"
}
output "c0" {
  value = terraform_data.c[0].output
}
