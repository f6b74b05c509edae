data "toy_thing" "nobody" {
  name = "nobody"
}
resource "toy_thing" "a" {
  name = data.toy_thing.nobody.id
}
resource "toy_thing" "b" {
  for_each = toset([data.toy_thing.nobody.id])
  name     = each.key
}
