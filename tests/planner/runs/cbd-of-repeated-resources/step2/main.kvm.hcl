resource "terraform_data" "dep" {
  count            = 3
  triggers_replace = "2"
}
resource "terraform_data" "top" {
  for_each         = { a = 0, c = 2 }
  triggers_replace = terraform_data.dep[each.value].id
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "all" {
  input = terraform_data.dep[*].id
}
