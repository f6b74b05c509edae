variable "s" {
  default   = "hunter22"
  sensitive = true
}
output "o" {
  value = var.s
}
