resource "netplan_bridge" "this" {
  name       = var.bridge == null ? "br-${var.name}" : var.bridge
  interfaces = var.interfaces
  addresses  = var.addresses
  dhcp4      = var.dhcp4
  macaddress = var.mac

  parameters {
    stp = var.stp
  }

  dynamic "routes" {
    for_each = var.gateway == null ? [] : [var.gateway]
    content {
      to  = "default"
      via = routes.value
    }
  }

  dynamic "nameservers" {
    for_each = length(var.nameservers) == 0 ? [] : [var.nameservers]
    content {
      addresses = nameservers.value
    }
  }
}

resource "libvirt_network" "this" {
  name = var.name
  mode = "bridge"

  bridge {
    name = netplan_bridge.this.name
  }
}

resource "libvirt_interface" "guest" {
  for_each = var.guests
  domain   = each.key
  network  = libvirt_network.this.name
  mac      = each.value.mac
}
