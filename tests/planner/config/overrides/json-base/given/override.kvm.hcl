locals {
  b = "b"
}
resource "toy_thing" "a" {
  note = local.b
  port {
    number = 2
  }
  rule {
    action = "y"
  }
  lifecycle {
    prevent_destroy = false
  }
}
