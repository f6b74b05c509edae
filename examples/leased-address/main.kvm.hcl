# A guest that gets its address from the network's DHCP service, and a port of the host that leads to it,
# whatever that address is.

variable "guest" {
  description = "A domain that exists already and runs."
  type        = string
  default     = "web1"
}

locals {
  subnet = "192.168.152.0/24"
}

resource "libvirt_network" "guests" {
  name = "guests"
  mode = "open"

  bridge { stp = false }

  ip {
    address = cidrhost(local.subnet, 1)
    prefix  = 24

    dhcp {
      range {
        start = cidrhost(local.subnet, 100)
        end   = cidrhost(local.subnet, 199)
      }
    }
  }
}

resource "libvirt_interface" "web" {
  domain  = var.guest
  network = libvirt_network.guests.name

  wait_for_address {
    source  = "lease"
    timeout = "90s"
    family  = "ipv4"
  }
}

resource "nftables_port_forward" "page" {
  port        = 8080
  target      = libvirt_interface.web.addresses[0]
  target_port = 8080
}

output "address" {
  description = "The address that the guest was given."
  value       = libvirt_interface.web.addresses[0]
}
