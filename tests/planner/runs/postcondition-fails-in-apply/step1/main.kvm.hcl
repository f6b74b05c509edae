resource "terraform_data" "a" {
  input = "bad"
  lifecycle {
    postcondition {
      condition     = self.output == "good"
      error_message = "it is ${self.output}"
    }
  }
}
resource "terraform_data" "after" {
  input = terraform_data.a.output
}
