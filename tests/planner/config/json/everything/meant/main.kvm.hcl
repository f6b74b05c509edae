variable "site" {
  type    = string
  default = "$${not a template}"
}

variable "ports" {
  type    = list(object({ number = number, open = optional(bool, false) }))
  default = [{ number = 80 }, { number = 443, open = true }]
}

locals {
  a    = "a"
  list = [1, "ab", null, true]
  map  = { "//" = "but one here", a = "$${x}", n = 12345678901234567890.125 }
}

resource "toy_thing" "first" {
  name   = "one"
  size   = 3
  note   = "a\tb \"É\" \\ 😀 $${x}"
  tags   = ["b", "a"]
  labels = { a = "1", b = 2 }

  port {
    number = 80
  }
  port {
    number = 443
    open   = false
  }
  place {
    rack = "r1"
  }
}

resource "toy_thing" "many" {
  for_each   = toset(["x", "y"])
  name       = "many-${each.key}"
  parent     = toy_thing.first.id
  depends_on = [toy_thing.counted[0]]

  rule {
    action = "accept"
  }
}

resource "toy_thing" "counted" {
  count = 1
  name  = "counted"
}

output "site" {
  value = var.site
}
output "list" {
  value = local.list
}
output "map" {
  value = local.map
}
output "ports" {
  value = var.ports
}
output "nothing" {
  value = true
}
output "counted" {
  value = [toy_thing.counted[0].name, { a = "one!" }]
}
