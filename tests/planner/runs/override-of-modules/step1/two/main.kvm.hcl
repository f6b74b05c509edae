variable "v" {}
output "o" {
  value = "two ${var.v}"
}
