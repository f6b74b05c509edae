variable "name" {
  description = "The site's name, which is also in the bridge's."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{1,12}$", var.name))
    error_message = "The bridge is called br-NAME: take up to 12 small letters and digits."
  }
}

variable "subnet" {
  description = "The subnet of the guests, in which the host has the first address."
  type        = string
}

variable "mtu" {
  description = "What the guests' frames may hold."
  type        = number
}

locals {
  gateway = cidrhost(var.subnet, 1)
}

resource "netplan_bridge" "guests" {
  name      = "br-${var.name}"
  addresses = ["${local.gateway}/${split("/", var.subnet)[1]}"]
  mtu       = var.mtu

  lifecycle {
    precondition {
      condition     = var.mtu >= 1280
      error_message = "IPv6 needs an MTU of at least 1280; site ${var.name} has ${var.mtu}."
    }
  }
}

resource "nftables_masquerade" "guests" {
  source     = var.subnet
  depends_on = [netplan_bridge.guests]
}

output "gateway" {
  description = "The address of the host on the bridge."
  value       = local.gateway
}
