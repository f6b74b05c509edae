resource "toy_thing" "a" {
  name = "a"
  size = 5
}
data "toy_thing" "named" {
  name = toy_thing.a.name
}
resource "toy_thing" "copy" {
  name = "copy"
  size = data.toy_thing.named.size + 1
}
output "size" {
  value = data.toy_thing.named.size
}
