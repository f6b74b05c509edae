provider "toy" {
  alias = "east"
  world = "east.json"
}
resource "toy_thing" "a" {
  name = "a"
}
