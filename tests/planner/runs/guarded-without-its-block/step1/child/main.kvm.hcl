resource "terraform_data" "b" {
  count = 2
  lifecycle {
    prevent_destroy = true
  }
}
