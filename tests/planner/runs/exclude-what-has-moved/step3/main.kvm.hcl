resource "terraform_data" "b" {
  input = "b"
}
resource "terraform_data" "q" {
  input = "q"
}
resource "terraform_data" "other" {
  input = "o2"
}
moved {
  from = terraform_data.a
  to   = terraform_data.b
}
moved {
  from = terraform_data.p
  to   = terraform_data.q
}
