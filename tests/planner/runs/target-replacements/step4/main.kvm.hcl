variable "z" {
  default = "1"
}
resource "toy_thing" "a" {
  name = "a"
  zone = var.z
}
resource "toy_thing" "b" {
  name   = "b"
  note = toy_thing.a.id
  lifecycle {
    replace_triggered_by = [toy_thing.a]
  }
}
resource "toy_copy" "c" {
  name = "c${var.z}"
  lifecycle {
    create_before_destroy = true
  }
}
resource "toy_copy" "d" {
  name = "d"
  note = toy_copy.c.id
}
