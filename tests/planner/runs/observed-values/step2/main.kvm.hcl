resource "toy_watched" "a" {
  name = "a"
}
resource "toy_thing" "b" {
  name = "b"
  size = 5
}
output "looks" {
  value = toy_watched.a.looks
}
