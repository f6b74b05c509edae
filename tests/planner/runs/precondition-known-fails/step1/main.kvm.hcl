variable "n" {
  default = 1
}
resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = var.n > 1
      error_message = "too few: ${var.n}"
    }
  }
}
resource "terraform_data" "b" {
  input = terraform_data.a.id
}
