# The configuration of the packet matrix: a NAT network with two guests, a network that meets neither the first nor the
# LAN, and two guests bridged onto the LAN. The ports of a guest: 80 is allowed; 22 only to administrators, who do not
# ask here; 53 is rejected but for them; 81 and 82 are allowed twice to each who asks.

variable "guarded" {
  description = "Whether guests are guarded and kept apart; without, whatever is not reached is a fault of the stage."
  type        = bool
  default     = true
}

locals {
  networks = {
    nat = { bridge = "virbr1", subnet = "192.168.150.0/24", subnet6 = "fd00:150::/64" }
    iso = { bridge = "virbr2", subnet = "192.168.151.0/24", subnet6 = "fd00:151::/64" }
  }
  guests = {
    nat1 = { network = "nat", mac = "52:54:00:00:00:01", addresses = ["192.168.150.10", "fd00:150::10"] }
    nat2 = { network = "nat", mac = "52:54:00:00:00:02", addresses = ["192.168.150.11", "fd00:150::11"] }
    iso1 = { network = "iso", mac = "52:54:00:00:00:03", addresses = ["192.168.151.10", "fd00:151::10"] }
    lan1 = { network = "lan", mac = "52:54:00:00:00:04", addresses = ["10.1.0.10", "fd01::10"] }
    lan2 = { network = "lan", mac = "52:54:00:00:00:05", addresses = ["10.1.0.11", "fd01::11"] }
  }
  guarded = { for name in ["nat1", "iso1", "lan1"] : name => local.guests[name] if var.guarded }
  # Host ports 8080, 8022 and so on lead to nat1, 8180 and so on to lan1, 8280 and so on to iso1.
  forwards = merge([
    for hundred, name in ["nat1", "lan1", "iso1"] : merge([
      for port in [22, 53, 80, 81, 82] : {
        for address in local.guests[name].addresses : "${name}-${port}-${can(cidrnetmask("${address}/32")) ? 4 : 6}" => {
          port = 8000 + 100 * hundred + port, target = address, target_port = port
        }
      }
    ]...)
  ]...)
  outside = ["10.0.0.9", "fd00::9"]
  lan     = ["10.1.0.9", "fd01::9"]
  counted = {
    nat1 = concat(local.outside, ["192.168.150.1", "fd00:150::1"], local.guests.nat1.addresses, local.guests.nat2.addresses, local.guests.lan2.addresses)
    iso1 = concat(local.outside, ["192.168.151.1", "fd00:151::1"], local.guests.iso1.addresses)
    lan1 = concat(local.lan, ["10.1.0.2", "fd01::2"], local.guests.lan2.addresses)
  }
}

resource "libvirt_network" "routed" {
  for_each = local.networks
  name     = each.key
  mode     = "open"

  bridge {
    name = each.value.bridge
  }
  ip {
    address = cidrhost(each.value.subnet, 1)
    prefix  = 24
  }
  ip {
    family  = "ipv6"
    address = cidrhost(each.value.subnet6, 1)
    prefix  = 64
  }
}

resource "netplan_bridge" "lan" {
  name       = "br0"
  interfaces = ["ens4"]
  addresses  = ["10.1.0.2/24", "fd01::2/64"]
}

resource "libvirt_network" "lan" {
  name = "lan"
  mode = "bridge"

  bridge {
    name = netplan_bridge.lan.name
  }
}

resource "libvirt_interface" "guest" {
  for_each = local.guests
  domain   = each.key
  network  = each.value.network == "lan" ? libvirt_network.lan.name : libvirt_network.routed[each.value.network].name
  mac      = each.value.mac

  target_dev = "tap-${each.key}"
}

resource "nftables_masquerade" "out" {
  for_each      = toset([local.networks.nat.subnet, local.networks.nat.subnet6])
  source        = each.key
  out_interface = "ens3"
}

resource "nftables_port_forward" "in" {
  for_each    = local.forwards
  protocols   = ["tcp", "udp"]
  port        = each.value.port
  target      = each.value.target
  target_port = each.value.target_port
}

# What the host routes to guests, the bridged one too.
resource "nftables_firewall" "routed" {
  for_each        = local.guarded
  address         = each.value.addresses
  ingress_default = "drop"

  dynamic "ingress" {
    for_each = ["tcp", "udp"]
    content {
      action   = "allow"
      protocol = ingress.value
      ports    = ["80"]
    }
  }
  dynamic "ingress" {
    for_each = ["tcp", "udp"]
    content {
      action   = "reject"
      protocol = ingress.value
      ports    = ["53"]
      source   = ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"]
    }
  }
  dynamic "ingress" {
    for_each = ["tcp", "udp"]
    content {
      action   = "allow"
      protocol = ingress.value
      ports    = ["22", "53"]
      source   = ["$admins"]
    }
  }
  address_set {
    name      = "admins"
    addresses = ["192.0.2.0/24", "2001:db8::/32"]
  }
  dynamic "ingress" {
    for_each = setproduct(["tcp", "udp"], ["81", "82"], each.key == "lan1" ? ["0.0.0.0/0", "::/0"] : local.counted[each.key])
    content {
      action   = "allow"
      protocol = ingress.value[0]
      ports    = [ingress.value[1]]
      source   = [ingress.value[2]]

      dynamic "limit" {
        for_each = each.key == "lan1" ? [] : [2]
        content {
          rate  = "1/day"
          burst = limit.value
        }
      }
    }
  }
}

# What comes out of the guests' taps, and for the bridged one also what goes in.
resource "nftables_firewall" "bridged" {
  for_each        = local.guarded
  family          = "bridge"
  interface       = libvirt_interface.guest[each.key].target_dev
  stateful        = false # the lab's kernel may lack nf_conntrack_bridge
  ingress_default = each.key == "lan1" ? "drop" : "allow"

  dynamic "ingress" {
    for_each = each.key == "lan1" ? ["tcp", "udp"] : []
    content {
      action   = "allow"
      protocol = ingress.value
      ports    = ["80"]
    }
  }
  dynamic "ingress" {
    for_each = each.key == "lan1" ? setproduct(["tcp", "udp"], ["81", "82"], local.counted.lan1) : []
    content {
      action   = "allow"
      protocol = ingress.value[0]
      ports    = [ingress.value[1]]
      source   = [ingress.value[2]]

      limit {
        rate  = "1/day"
        burst = 2
      }
    }
  }
  dynamic "ingress" {
    for_each = each.key == "lan1" ? ["tcp", "udp"] : []
    content {
      action   = "allow"
      protocol = ingress.value
      ports    = ["53"]
      source   = ["10.0.0.0/24", "fd00::/64", "192.168.150.0/24", "fd00:150::/64"]
    }
  }
  # Without state, answers over UDP are known by whence they come alone.
  dynamic "ingress" {
    for_each = each.key == "lan1" ? ["udp"] : []
    content {
      action       = "allow"
      protocol     = ingress.value
      source_ports = ["80", "8022", "8053", "8080-8082", "8122", "8153", "8180-8182"]
    }
  }
  anti_spoofing {
    mac       = each.value.mac
    addresses = each.value.addresses
  }
}

resource "nftables_isolation" "iso" {
  count    = var.guarded ? 1 : 0
  networks = ["virbr2"]
  from     = ["virbr1", "10.1.0.0/24", "fd01::/64"]
}
