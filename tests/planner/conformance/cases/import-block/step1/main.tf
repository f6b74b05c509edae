import {
  to = terraform_data.a
  id = "4a0e6a1c-0000-4000-8000-000000000001"
}
resource "terraform_data" "a" {
}
