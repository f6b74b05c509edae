resource "terraform_data" "a" {
  input = "1"
}
output "out" { value = terraform_data.a.output }
