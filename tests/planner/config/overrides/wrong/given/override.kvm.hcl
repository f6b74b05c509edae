locals {
  a = 2
  b = 3
}
resource "toy_thing" "a" {
  siez       = 1
  depends_on = [toy_thing.b]
}
resource "toy_thing" "b" {
  name = "b"
}
data "toy_thing" "a" {
  name = "a"
}
output "o" {
  value      = 2
  depends_on = [toy_thing.a]
}
variable "v" {}
host "h" {
  address = "local"
}
