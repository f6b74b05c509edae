import {
  to = terraform_data.a
  id = "known"
}
resource "terraform_data" "a" {
  input = "new"
}
output "id" {
  value = terraform_data.a.id
}
