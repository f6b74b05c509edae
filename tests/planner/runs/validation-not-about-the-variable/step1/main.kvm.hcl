variable "a" {
  default = 1
}
variable "b" {
  default = 1
  validation {
    condition     = var.a == 1
    error_message = "no"
  }
}
