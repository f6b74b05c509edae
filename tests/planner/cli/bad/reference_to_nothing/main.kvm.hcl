resource "toy_thing" "web" {
  name  = "web"
  label = toy_thing.wep.label
  note  = "${var.note} ${local.nothing} ${host.far.name}"
  zone  = data.toy_thing.web.id
}
output "x" {
  value = toy_thing.web.nam
}
