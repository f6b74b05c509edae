resource "terraform_data" "a" {
  for_each = toset(["a", "b"])
  input = each.value
}
resource "terraform_data" "b" {
  input = [for x in terraform_data.a : x.id]
}
