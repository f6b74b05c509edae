resource "terraform_data" "same" {
  input = "one"
}
resource "terraform_data" "one" {}
