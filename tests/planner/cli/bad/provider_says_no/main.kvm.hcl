resource "toy_thing" "a" {
  name = "a"
  size = 666
}
resource "toy_thing" "b" {
  name  = "b"
  label = "refused"
}
