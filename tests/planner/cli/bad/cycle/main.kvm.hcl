resource "toy_thing" "a" {
  name = toy_thing.b.name
}
resource "toy_thing" "b" {
  name = local.c
}
locals {
  c = toy_thing.a.name
}
