resource "toy_thing" "base" {
  name = "base"
}
resource "toy_thing" "a" {
  name = "a"
  port {
    number = 80
    open   = true
  }
  port {
    number = 443
    open   = false
  }
  rule {
    action = "x"
    note   = toy_thing.base.name
  }
}
