variable "v" {
  validation {
    condition     = var.v > 1
    error_message = "too small"
  }
}
resource "terraform_data" "b" {
  input = var.v
}
