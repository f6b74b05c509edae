resource "toy_thing" "a" {
  name = "a"
}
data "toy_thing" "a" {
  name       = "nowhere"
  depends_on = [toy_thing.a]
}
resource "toy_thing" "b" {
  name = "b"
  size = data.toy_thing.a.size
}
resource "toy_thing" "c" {
  name = "c"
}
