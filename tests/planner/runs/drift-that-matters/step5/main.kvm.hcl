variable "v" {
  default = "1"
}
resource "toy_thing" "a" {
  name = "a"
  size = 3
}
resource "toy_thing" "b" {
  name   = "b"
  parent = toy_thing.a.id
}
resource "toy_thing" "c" {
  count = 2
  name  = "c${count.index}"
  note  = "fine"
  lifecycle {
    ignore_changes = [note]
  }
}
resource "toy_thing" "d" {
  name = "d"
  note = toy_thing.c[0].note
}
check "size" {
  assert {
    condition     = toy_thing.a.size == 3
    error_message = "a is not 3."
  }
}
output "size" {
  value = toy_thing.a.size
}
output "revision" {
  value = toy_thing.c[1].revision
}
output "b" {
  value = toy_thing.b.name
}
output "v" {
  value = var.v
}
