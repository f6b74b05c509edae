variable "a" {
  default = 1
  validation {
    condition     = var.a > 1
    error_message = "a too small"
  }
}
variable "b" {
  default = "x"
  validation {
    condition     = length(var.b) > var.a
    error_message = "b too short"
  }
}
resource "terraform_data" "a" {
  input = var.a
}
