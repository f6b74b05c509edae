resource "terraform_data" "a" {
  input = "x"
  lifecycle {
    postcondition {
      condition     = length(self.id) == 3
      error_message = "no"
    }
  }
}
resource "terraform_data" "b" {
  input = terraform_data.a.id
}
resource "terraform_data" "indep" {
  input = 1
}
