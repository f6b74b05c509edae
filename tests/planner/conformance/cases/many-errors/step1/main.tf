resource "terraform_data" "a" {
  input = var.nope
}
resource "terraform_data" "b" {
  inptu = 1
}
resource "terraform_data" "c" {
  input = local.gone
}
output "o" { value = terraform_data.zz.id }
