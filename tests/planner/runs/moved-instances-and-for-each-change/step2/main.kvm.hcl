resource "terraform_data" "r" {
  for_each = { zero = 0, one = 11 }
  input    = each.value
}
moved {
  from = terraform_data.r[0]
  to   = terraform_data.r["zero"]
}
moved {
  from = terraform_data.r[1]
  to   = terraform_data.r["one"]
}
