variable "v" {}
resource "terraform_data" "i" { input = var.v }
resource "terraform_data" "lonely" {}
output "id" { value = terraform_data.i.id }
