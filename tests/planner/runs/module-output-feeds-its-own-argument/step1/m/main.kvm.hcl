variable "b" {}
output "a" {
  value = "a"
}
output "b" {
  value = "${var.b}b"
}
