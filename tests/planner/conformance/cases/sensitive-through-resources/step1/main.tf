variable "s" {
  default   = "hunter22"
  sensitive = true
}
resource "terraform_data" "a" {
  input = var.s
}
resource "terraform_data" "b" {
  input = terraform_data.a.output
}
output "o" {
  value     = terraform_data.b.output
  sensitive = true
}
