variable "on" { default = true }
resource "terraform_data" "a" {
  count = var.on ? 1 : 0
}
resource "terraform_data" "b" {
  input = one(terraform_data.a[*].id)
}
