resource "terraform_data" "r" {
  count = 3
  input = count.index
}
