resource "terraform_data" "r" {
  lifecycle {
    precondition {
      condition     = path.module != ""
      error_message = "x"
    }
  }
}
check "inside" {
  assert {
    condition     = terraform_data.r.id == ""
    error_message = "inside"
  }
}
output "p" {
  value = terraform_data.r.id
  precondition {
    condition     = terraform_data.r.id != "no"
    error_message = "x"
  }
}
