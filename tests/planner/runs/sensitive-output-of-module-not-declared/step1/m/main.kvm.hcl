variable "s" {
  sensitive = true
}
output "o" {
  value     = var.s
  sensitive = true
}
