resource "toy_thing" "a" {
  name = "a"
  size = "three"
  tags = { a = 1 }
}
