kvmplan {
  required_version = ">= 99"
}
variable "size" {
  type        = string
  default     = "one"
  description = "How big."
}
locals {
  a = 1
  b = 2
}
locals {
  c = local.a
}
resource "toy_thing" "a" {
  name = "a"
  size = var.size
  note = local.gone
  port {
    number = 1
  }
  port {
    number = 2
  }
  dynamic "rule" {
    for_each = local.gone
    content {
      action = rule.value
    }
  }
  place {
    rack = "r"
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [size]
  }
}
data "toy_thing" "there" {
  name = "absent"
}
output "o" {
  value     = "o"
  sensitive = true
}
