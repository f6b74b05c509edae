provider "toy" {
  world = "east.json"
}
resource "toy_thing" "a" {
  name = "a"
}
