data "toy_thing" "there" {
  name = "there"
}
resource "toy_thing" "a" {
  name = "a"
  size = 5
  zone = "z"
  note = "second"
  port {
    number = 7
  }
  port {
    number = 8
  }
  rule {
    action = "drop"
  }
  place {
    rack = "r"
  }
  lifecycle {
    ignore_changes = [note]
  }
}
output "o" {
  value     = [10, 11, 10]
  sensitive = true
}
