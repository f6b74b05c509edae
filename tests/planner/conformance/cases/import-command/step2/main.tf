resource "terraform_data" "a" {
  input = "x"
}
resource "terraform_data" "c" {
  count = 2
}
