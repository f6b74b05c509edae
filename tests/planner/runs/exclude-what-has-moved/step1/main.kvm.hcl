resource "terraform_data" "a" {
  input = "a"
}
resource "terraform_data" "p" {
  input = "p"
}
resource "terraform_data" "other" {
  input = "o"
}
