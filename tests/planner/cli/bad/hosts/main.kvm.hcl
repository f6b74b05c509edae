host "far" {
  address = ["ssh://far"]
}
host "many" {
  for_each = { a = "local", b = "local" }
  address  = each.value
}
host "local" {
  address = "local"
}
resource "toy_thing" "a" {
  name = "a"
}
resource "toy_thing" "b" {
  name = "b"
  host = "far"
}
