variable "other" {}
resource "terraform_data" "r" {
  input = var.other
}
output "id" {
  value = terraform_data.r.id
}
