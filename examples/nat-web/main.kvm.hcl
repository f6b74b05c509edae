# A web server in a guest behind NAT, its page reachable at the host's own address,
# and a private bridge beside it for what the LAN must never see.

variable "guest" {
  description = "A domain that exists already; it may be running."
  type        = string
  default     = "web1"
}

variable "port" {
  description = "The port of the host at which the page is served."
  type        = number
  default     = 8080
}

locals {
  subnet  = "192.168.150.0/24"
  address = cidrhost(local.subnet, 10)
  mac     = "52:54:00:00:96:0a"
}

resource "libvirt_network" "web" {
  name = "web"
  mode = "open" # libvirt adds no filter of its own: the rules below are all there is

  ip {
    address = cidrhost(local.subnet, 1)
    prefix  = 24

    dhcp {
      range {
        start = cidrhost(local.subnet, 100)
        end   = cidrhost(local.subnet, 199)
      }
      host {
        mac  = local.mac
        name = var.guest
        ip   = local.address
      }
    }
  }
}

resource "libvirt_interface" "web" {
  domain  = var.guest
  network = libvirt_network.web.name
  mac     = local.mac
}

resource "nftables_masquerade" "web" {
  source = local.subnet
}

resource "nftables_port_forward" "page" {
  port        = var.port
  target      = local.address
  target_port = 8080
}

resource "netplan_bridge" "backend" {
  name      = "br-backend"
  addresses = ["10.150.0.1/24"]
}

resource "libvirt_interface" "backend" {
  domain = var.guest
  bridge = netplan_bridge.backend.name
}

output "page" {
  description = "Where an outside client finds the page, at any address of the host."
  value       = "port ${nftables_port_forward.page.port} -> ${local.address}:8080"
}
