# Addresses and names of guests on one network, from one table. The network need not be ours: with `network = "office"`
# instead of the reference the entries go into a network of somebody else, and leave the rest of it alone.

variable "guests" {
  type = map(object({ mac = string, number = number }))
  default = {
    db   = { mac = "52:54:00:00:97:01", number = 11 }
    mail = { mac = "52:54:00:00:97:02", number = 12 }
    web  = { mac = "52:54:00:00:97:03", number = 13 }
  }
}

locals {
  subnet = "192.168.151.0/24"
}

resource "libvirt_network" "office" {
  name = "office"
  mode = "open"

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

resource "libvirt_dhcp_host" "guest" {
  for_each = var.guests

  network = libvirt_network.office.name
  name    = each.key
  mac     = each.value.mac
  ip      = cidrhost(local.subnet, each.value.number)

  lifecycle {
    replace_triggered_by = [libvirt_network.office.uuid]
  }
}

resource "libvirt_dns_host" "services" {
  network  = libvirt_network.office.name
  ip       = libvirt_dhcp_host.guest["web"].ip
  hostname = ["www", "wiki"]

  lifecycle {
    replace_triggered_by = [libvirt_network.office.uuid]
  }
}
