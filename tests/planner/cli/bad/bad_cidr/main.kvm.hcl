locals {
  subnet = "10.0.0.1/24"
}
resource "toy_thing" "a" {
  name   = "a"
  subnet = local.subnet
}
