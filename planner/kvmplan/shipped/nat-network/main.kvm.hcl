locals {
  addresses = { for name, guest in var.guests : name => cidrhost(var.subnet, guest.number) }
  macs = {
    for name, guest in var.guests : name => coalesce(
      guest.mac,
      format("52:54:00:%02x:%02x:%02x", [for part in slice(split(".", local.addresses[name]), 1, 4) : tonumber(part)]...),
    )
  }
}

resource "libvirt_network" "this" {
  name = var.name
  mode = "open" # libvirt's own filter for mode "nat" would reject what is forwarded

  dynamic "domain" {
    for_each = var.domain == null ? [] : [var.domain]
    content {
      name       = domain.value
      local_only = true
    }
  }

  ip {
    address = cidrhost(var.subnet, 1)
    prefix  = tonumber(split("/", var.subnet)[1])

    dynamic "dhcp" {
      for_each = var.dhcp == null && length(var.guests) == 0 ? [] : [local.macs]
      content {
        dynamic "range" {
          for_each = var.dhcp == null ? [] : [var.dhcp]
          content {
            start = cidrhost(var.subnet, range.value.first)
            end   = cidrhost(var.subnet, range.value.last)
          }
        }
        dynamic "host" {
          for_each = dhcp.value
          content {
            name = host.key
            mac  = host.value
            ip   = local.addresses[host.key]
          }
        }
      }
    }
  }
}

resource "libvirt_interface" "guest" {
  for_each = local.macs
  domain   = each.key
  network  = libvirt_network.this.name
  mac      = each.value
}

resource "nftables_masquerade" "this" {
  source        = var.subnet
  out_interface = var.out_interface
}

resource "nftables_port_forward" "this" {
  for_each    = var.forwards
  protocol    = each.value.protocol
  port        = each.value.port
  address     = each.value.address
  target      = lookup(local.addresses, each.value.target, each.value.target)
  target_port = each.value.target_port
}

resource "nftables_isolation" "this" {
  count    = length(var.isolation) == 0 ? 0 : 1
  networks = [var.subnet]
  from     = var.isolation
}

resource "nftables_flowtable" "this" {
  count   = length(var.flowtable) == 0 ? 0 : 1
  devices = concat([libvirt_network.this.bridge.name], var.flowtable)
  subnets = [var.subnet]
}
