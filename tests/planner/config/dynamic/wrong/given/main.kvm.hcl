variable "secret" {
  default   = ["x"]
  sensitive = true
}
resource "toy_thing" "a" {
  name = "a"
  dynamic "prot" {
    for_each = []
    content {}
  }
  dynamic {
    for_each = []
    content {}
  }
  dynamic "port" {
    for_each = "text"
    content {
      number = 1
    }
  }
  dynamic "port" {
    for_each = null
    content {
      number = 1
    }
  }
  dynamic "port" {
    for_each = var.secret
    content {
      number = 1
    }
  }
  dynamic "port" {
    for_each = [1]
  }
  dynamic "port" {
    content {
      number = port.value
    }
  }
  dynamic "port" {
    for_each = [1]
    iterator = "it"
    content {
      number = 1
    }
  }
  dynamic "port" {
    for_each = [1, 70000]
    labels   = []
    content {
      number = port.value
    }
    content {}
  }
  dynamic "port" {
    for_each = [70000]
    iterator = it
    content {
      number = it.value
      open   = port.value
      opne   = true
    }
  }
  dynamic "place" {
    for_each = [1, 2]
    content {
      rack = place.value
    }
  }
}
