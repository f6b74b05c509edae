variable "e" {
  ephemeral = true
  default   = "x"
  validation {
    condition     = var.e == "y"
    error_message = "it is ${var.e}"
  }
}
