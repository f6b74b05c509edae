variable "i" {
}
resource "toy_thing" "a" {
  name = "a${var.i}"
}
resource "toy_thing" "b" {
  name = "b${var.i}"
  note = toy_thing.a.id
}
output "id" {
  value = toy_thing.a.id
}
