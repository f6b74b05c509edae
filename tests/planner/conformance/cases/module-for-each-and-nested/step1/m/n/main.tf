variable "k" {}
resource "terraform_data" "in" {
  input = var.k
}
output "id" { value = terraform_data.in.id }
