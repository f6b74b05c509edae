resource "toy_thing" "a" {
  name = "a"
  size = 3
}
data "toy_thing" "named" {
  name = toy_thing.a.name
}
data "toy_thing" "unknown" {
  name = toy_thing.a.id == "" ? "b" : "a"
}
resource "toy_thing" "copy" {
  name = "copy"
  size = data.toy_thing.named.size + 1
}
output "size" {
  value = data.toy_thing.unknown.size
}
