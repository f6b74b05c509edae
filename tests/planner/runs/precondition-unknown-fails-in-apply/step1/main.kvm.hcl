resource "terraform_data" "first" {
  input = "bad"
}
resource "terraform_data" "guarded" {
  input = "x"
  lifecycle {
    precondition {
      condition     = terraform_data.first.output == "good"
      error_message = "first is ${terraform_data.first.output}"
    }
  }
}
resource "terraform_data" "after" {
  input = terraform_data.guarded.output
}
resource "terraform_data" "other" {}
output "after" {
  value = terraform_data.after.output
}
output "other" {
  value = "known"
}
