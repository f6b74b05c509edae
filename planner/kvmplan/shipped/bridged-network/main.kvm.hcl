locals {
  # A guest may take another MAC address, but not leave its tap: guarded guests are held by it, so it needs a name.
  taps = {
    for name, guest in var.guests : name => format(
      "fw-%s-%s", substr(replace(name, "/[^0-9A-Za-z]/", ""), 0, 5), substr(sha1("${var.name} ${name}"), 0, 6),
    ) if guest.firewall != null
  }
}

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

  target_dev = lookup(local.taps, each.key, null)
}

resource "nftables_firewall" "guest" {
  for_each = { for name, guest in var.guests : name => guest.firewall if guest.firewall != null }
  family   = "bridge"

  interface = libvirt_interface.guest[each.key].target_dev
  stateful  = each.value.stateful

  dynamic "ingress" {
    for_each = { for protocol in ["tcp", "udp"] : protocol => each.value[protocol] if length(each.value[protocol]) > 0 }
    content {
      action   = "allow"
      protocol = ingress.key
      ports    = ingress.value
    }
  }

  anti_spoofing {
    mac       = libvirt_interface.guest[each.key].mac
    addresses = each.value.addresses
  }
}
