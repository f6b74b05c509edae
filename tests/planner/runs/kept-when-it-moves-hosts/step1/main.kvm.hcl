host "a" {
  address = "local"
}
host "b" {
  address = "local"
}
resource "toy_thing" "a" {
  name = "a"
  host = host.a
  lifecycle {
    destroy = false
  }
}
