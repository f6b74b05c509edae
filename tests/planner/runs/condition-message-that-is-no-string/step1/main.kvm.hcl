resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = var.n == 1
      error_message = ["a"]
    }
  }
}
variable "n" {
  default = 2
}
