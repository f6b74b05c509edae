resource "terraform_data" "out" {
  input = "out"
}
