resource "toy_thing" "d" {
  name = toy_thing.a.name == "a" ? "d" : "e"
}
