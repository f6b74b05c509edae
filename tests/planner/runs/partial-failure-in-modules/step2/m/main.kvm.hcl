variable "name" {}
resource "toy_thing" "t" {
  name = var.name
}
output "id" {
  value = toy_thing.t.id
}
output "name" {
  value = toy_thing.t.name
}
