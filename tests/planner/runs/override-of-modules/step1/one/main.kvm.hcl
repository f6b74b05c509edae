variable "v" {}
output "o" {
  value = "one ${var.v}"
}
