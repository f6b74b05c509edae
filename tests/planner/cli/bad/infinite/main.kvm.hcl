resource "toy_thing" "a" {
  name = "a"
  size = 1 / 0
}
