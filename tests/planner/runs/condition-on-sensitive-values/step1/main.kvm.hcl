variable "s" {
  default   = "secret"
  sensitive = true
}
resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = var.s == "other"
      error_message = "it is ${var.s}"
    }
  }
}
