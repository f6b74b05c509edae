resource "terraform_data" "s" {}
removed {
  from = terraform_data.r
  lifecycle {
    destroy = false
  }
}
