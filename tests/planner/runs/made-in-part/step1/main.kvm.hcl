resource "toy_thing" "a" {
  name = "a"
}
resource "toy_thing" "finished" {
  name = "finished"
}
resource "toy_thing" "broken" {
  name = "broken"
}
