resource "toy_thing" "a" {
  name = "a"
  note = "b"
  port {
    number = 2
  }
  rule {
    action = "y"
  }
}
