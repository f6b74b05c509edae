resource "terraform_data" "r" {
  for_each = { b = "a", c = "b" }
  input    = each.value
}
moved {
  from = terraform_data.r["b"]
  to   = terraform_data.r["c"]
}
moved {
  from = terraform_data.r["a"]
  to   = terraform_data.r["b"]
}
