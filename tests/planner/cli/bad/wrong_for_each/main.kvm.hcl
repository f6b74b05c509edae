resource "toy_thing" "list" {
  for_each = ["a", "b"]
  name     = each.key
}
resource "toy_thing" "negative" {
  count = -1
  name  = "x"
}
resource "toy_thing" "after" {
  for_each = toy_thing.list
  name     = "after-${each.key}"
}
