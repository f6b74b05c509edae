resource "toy_thing" "a" {
  name = "a"
}
resource "toy_thing" "other" {
  name = "other"
}
data "toy_thing" "late" {
  name = toy_thing.a.label == "" ? "x" : "a"
  depends_on = [toy_thing.a]
}
resource "toy_thing" "b" {
  name = "b"
  note = data.toy_thing.late.id
}
data "toy_thing" "o" {
  name       = "other"
  depends_on = [toy_thing.other]
}
resource "toy_thing" "c" {
  name = "c"
  note = data.toy_thing.o.id
}
output "late" {
  value = data.toy_thing.late.id
}
output "o" {
  value = data.toy_thing.o.id
}
