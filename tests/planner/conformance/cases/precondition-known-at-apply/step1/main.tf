resource "terraform_data" "a" {
}
resource "terraform_data" "b" {
  input = 1
  lifecycle {
    precondition {
      condition     = terraform_data.a.id == "x"
      error_message = "no"
    }
  }
}
resource "terraform_data" "c" {
  input = terraform_data.b.id
}
