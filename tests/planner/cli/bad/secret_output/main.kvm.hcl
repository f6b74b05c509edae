variable "password" {
  sensitive = true
  default   = "hunter2"
}
output "o" {
  value = "it is ${var.password}"
}
