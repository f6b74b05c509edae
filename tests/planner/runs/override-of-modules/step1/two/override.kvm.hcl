output "o" {
  value = "2 ${var.v}"
}
