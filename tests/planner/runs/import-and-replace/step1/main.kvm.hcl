import {
  to = terraform_data.a
  id = "known"
}
resource "terraform_data" "a" {
  triggers_replace = "t"
}
