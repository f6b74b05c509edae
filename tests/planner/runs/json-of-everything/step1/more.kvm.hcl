resource "terraform_data" "imported" {}
