variable "e" {
  ephemeral = true
  default   = "x"
}
resource "terraform_data" "a" {}
import {
  to = terraform_data.a
  id = var.e
}
