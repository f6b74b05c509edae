# Guests behind NAT with what a data centre gives: one address of the host for all of them, a second one for the mail
# server alone, ports for the others, and SSH from the office only.

variable "uplink" {
  description = "The interface of the host that leads outside."
  type        = string
  default     = "eth0"
}

variable "mail_address" {
  description = "An address of the host that nothing else uses; not the one by which you reach it."
  type        = string
  default     = "203.0.113.25"
}

variable "office" {
  description = "Where the administrators are."
  type        = set(string)
  default     = ["198.51.100.0/24", "2001:db8:1::/48"]
}

locals {
  subnet = "192.168.150.0/24"
  mail   = cidrhost(local.subnet, 25)

  forwards = {
    web   = { protocols = ["tcp", "udp"], ports = ["80", "443"], target = cidrhost(local.subnet, 10) }
    calls = { protocols = ["udp"], ports = ["5060", "10000-20000"], target = cidrhost(local.subnet, 20) }
  }
}

resource "libvirt_network" "guests" {
  name = "guests"
  mode = "open"

  ip {
    address = cidrhost(local.subnet, 1)
    prefix  = 24
  }
}

resource "nftables_masquerade" "guests" {
  source        = local.subnet
  out_interface = var.uplink
}

# The mail server has an address of its own, in both directions.
resource "nftables_dnat" "mail" {
  destination = var.mail_address
  to          = local.mail
}

resource "nftables_snat" "mail" {
  source = "${local.mail}/32"
  to     = var.mail_address
}

resource "nftables_port_forward" "service" {
  for_each = local.forwards

  interface   = var.uplink
  protocols   = each.value.protocols
  ports       = each.value.ports
  target      = each.value.target
  description = each.key
}

# SSH, from the office alone.
resource "nftables_port_forward" "ssh" {
  port        = 2210
  target      = cidrhost(local.subnet, 10)
  target_port = 22
  sources     = [for net in var.office : net if !strcontains(net, ":")]
}
