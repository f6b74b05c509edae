resource "toy_thing" "base" {
  name = "base"
}
resource "toy_thing" "a" {
  for_each = toset(["x", "y"])
  name     = "a-${each.key}"

  port {
    number = 22
  }
  port {
    number = 1
  }
  port {
    number = 2
    open   = false
  }
  port {
    number = 23
  }
  rule {
    action = "q"
    note   = "q-${toy_thing.base.name}"
  }
  rule {
    action = each.key
    note   = "${each.key}-${toy_thing.base.name}"
  }
  place {
    rack = "r01"
  }
}
