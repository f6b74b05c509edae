variable "size" {
  type    = number
  default = 5
}
locals {
  a = 10
}
resource "toy_thing" "a" {
  note = "first"
  zone = "z"
  port {
    number = 3
  }
  rule {
    action = "drop"
  }
  lifecycle {
    ignore_changes = [note]
  }
}
data "toy_thing" "there" {
  name = "there"
}
output "o" {
  value = [local.a, local.b, local.c]
}
