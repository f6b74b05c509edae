resource "toy_watched" "a" {
  name = "a"
  note = "changed"
}
resource "toy_thing" "b" {
  name = "b"
  size = 5
  note = "${toy_watched.a.looks} looks"
}
output "looks" {
  value = toy_watched.a.looks
}
