resource "terraform_data" "a" {
  for_each = toset(["x"])
  input = "1"
}
resource "terraform_data" "b" {
  input = terraform_data.a["x"].output
}
resource "terraform_data" "c" {
  input = terraform_data.b.id
}
