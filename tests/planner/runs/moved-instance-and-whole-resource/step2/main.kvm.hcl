resource "terraform_data" "s" {
  for_each = { first = 0 }
  input    = each.value
}
resource "terraform_data" "t" {
  count = 2
  input = count.index
}
moved {
  from = terraform_data.r[0]
  to   = terraform_data.s["first"]
}
moved {
  from = terraform_data.r
  to   = terraform_data.t
}
