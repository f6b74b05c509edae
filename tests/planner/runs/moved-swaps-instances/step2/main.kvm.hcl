resource "terraform_data" "r" {
  for_each = toset(["a", "b"])
  input    = each.key
}
moved {
  from = terraform_data.r["a"]
  to   = terraform_data.r["b"]
}
moved {
  from = terraform_data.r["b"]
  to   = terraform_data.r["a"]
}
