host "kvm" {
  for_each = { a = "local" }
  address  = each.value
}
host "one" {
  address = "local"
}
resource "toy_thing" "each" {
  for_each = host.kvm
  host     = each.value
  name     = "x"
}
resource "toy_thing" "plain" {
  host = host.one
  name = "y"
}
resource "toy_thing" "keyed" {
  host = host.kvm["a"]
  name = "z"
}
