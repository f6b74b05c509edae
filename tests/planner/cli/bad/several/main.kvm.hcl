resource "toy_thing" "a" {
  nam = "a"
}
resource "toy_thing" "b" {
  name = "B!"
  size = true
}
resource "toy_thing" "c" {
  name = toy_thing.d.name
}
output "o" {
  value = var.undeclared
}
