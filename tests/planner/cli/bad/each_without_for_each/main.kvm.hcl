resource "toy_thing" "a" {
  name = each.key
}
resource "toy_thing" "b" {
  name = "b-${count.index}"
}
