locals {
  a = 1
}
resource "toy_thing" "a" {
  name = "a"
}
output "o" {
  value = 1
}
