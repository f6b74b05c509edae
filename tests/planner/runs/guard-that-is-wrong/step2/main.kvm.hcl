resource "terraform_data" "a" {
  input = "a"
}
locals {
  late = terraform_data.a.id != "" && terraform_data.a.id == "x"
}
resource "terraform_data" "late" {
  lifecycle {
    prevent_destroy = local.late
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
