variable "handed" {}
variable "dynamic" {}
resource "terraform_data" "in" {
  input = [var.handed, var.dynamic]
}
resource "terraform_data" "other" {
}
output "back" {
  value = [terraform_data.in.output[0], var.handed]
}
output "object" {
  value = { deep = terraform_data.other.id }
}
