resource "terraform_data" "a" {
  input = "1"
}
removed {
  from = terraform_data.c
  lifecycle {
    destroy = false
  }
}
removed {
  from = terraform_data.b
  lifecycle {
    destroy = true
  }
}
