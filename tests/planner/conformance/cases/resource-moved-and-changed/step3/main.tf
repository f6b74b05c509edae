resource "terraform_data" "c" {
  input = 2
  triggers_replace = 2
}
moved {
  from = terraform_data.b
  to = terraform_data.c
}
