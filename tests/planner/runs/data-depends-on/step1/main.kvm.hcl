resource "toy_thing" "a" {
  name = "a"
}
data "toy_thing" "there" {
  for_each   = toset(["there", "a"])
  name       = each.key
  depends_on = [toy_thing.a]
}
data "toy_thing" "after" {
  name       = "there"
  depends_on = [data.toy_thing.there]
}
output "sizes" {
  value = { for name, one in data.toy_thing.there : name => one.size }
}
