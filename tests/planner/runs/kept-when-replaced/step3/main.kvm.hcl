resource "toy_copy" "a" {
  name = "a2"
  lifecycle {
    destroy = false
  }
}
resource "toy_copy" "b" {
  name   = "b"
  parent = toy_copy.a.id
}
resource "toy_thing" "only-one" {
  name = "one"
  zone = "y"
  lifecycle {
    destroy = false
  }
}
