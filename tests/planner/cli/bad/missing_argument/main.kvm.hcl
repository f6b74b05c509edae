resource "toy_thing" "a" {
  port {
    open = true
  }
}
