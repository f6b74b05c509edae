resource "toy_thing" "a" {
  provider = toy.nowhere
  name     = "a"
}
