data "toy_thing" "there" {
  name = "there"
}
output "size" {
  value = data.toy_thing.there.size
}
