resource "terraform_data" "e" {
  for_each = toset(["a", "b"])
  input    = each.key
}
resource "terraform_data" "after" {
  input = terraform_data.e["a"].id
}
resource "terraform_data" "other" {
  input = terraform_data.e["b"].id
}
