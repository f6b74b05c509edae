resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = self.input == null
      error_message = "no"
    }
  }
}
