resource "terraform_data" "a" {
}
output "o" {
  value = terraform_data.a.id
  precondition {
    condition     = terraform_data.a.id != ""
    error_message = "no"
  }
}
