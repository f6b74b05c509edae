resource "toy_thing" "i" {
  name = "i"
}
output "nothing" {
  value = null
}
