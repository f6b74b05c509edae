variable "value" {
}

resource "terraform_data" "it" {
  input = var.value
}

output "id" {
  value = terraform_data.it.id
}
