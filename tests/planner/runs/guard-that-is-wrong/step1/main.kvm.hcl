resource "terraform_data" "a" {
  input = "a"
}
locals {
  late = terraform_data.a.id != ""
}
resource "terraform_data" "resource" {
  lifecycle {
    prevent_destroy = terraform_data.a.input == "a"
  }
}
resource "terraform_data" "text" {
  lifecycle {
    prevent_destroy = var.text
  }
}
variable "text" {
  default = "yes"
}
resource "terraform_data" "null" {
  lifecycle {
    prevent_destroy = null
  }
}
