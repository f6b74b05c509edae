variable "ports" {
  type    = map(object({ number = number, open = bool }))
  default = { b = { number = 2, open = false }, a = { number = 1, open = true } }
}
resource "toy_thing" "base" {
  name = "base"
}
resource "toy_thing" "a" {
  for_each = toset(["x", "y"])
  name     = "a-${each.key}"

  port {
    number = 22
  }
  dynamic "port" {
    for_each = var.ports
    content {
      number = port.value.number
      open   = port.key == "a"
    }
  }
  port {
    number = 23
  }
  dynamic "rule" {
    for_each = toset(["q", each.key])
    iterator = it
    content {
      action = it.value
      note   = "${it.key}-${toy_thing.base.name}"
    }
  }
  dynamic "place" {
    for_each = [1]
    content {
      rack = "r${place.key}${place.value}"
    }
  }
  dynamic "link" {
    for_each = []
    content {}
  }
}
