resource "terraform_data" "a" {
  input = "a"
}
resource "terraform_data" "b" {
  input = "b"
}
import {
  to = terraform_data.a
  id = "id-a"
}
import {
  to = terraform_data.b
  id = "id-b"
}
