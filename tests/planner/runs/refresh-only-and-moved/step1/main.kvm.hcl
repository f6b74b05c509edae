resource "toy_thing" "a" {
  name = "a"
}
resource "toy_thing" "p" {
  name = "p"
}
