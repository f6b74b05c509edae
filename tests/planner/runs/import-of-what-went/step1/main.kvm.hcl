resource "toy_thing" "a" {
  name = "a"
}
