resource "terraform_data" "a" {
  input = 1
}
check "c" {
  assert {
    condition     = terraform_data.a.output == 2
    error_message = "is ${terraform_data.a.output}"
  }
}
