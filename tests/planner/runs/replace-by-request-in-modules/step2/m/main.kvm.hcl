resource "terraform_data" "r" {}
resource "terraform_data" "s" {
  input = terraform_data.r.id
}
