host "a" {
  address = "local"
}
host "b" {
  address = "local"
}
resource "toy_thing" "a" {
  name = "a"
  host = host.b
  lifecycle {
    destroy = false
  }
}
