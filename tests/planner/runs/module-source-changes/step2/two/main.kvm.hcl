resource "terraform_data" "same" {
  input = "two"
}
resource "terraform_data" "two" {}
