# A guest on the LAN that can only send as itself, and that others reach only where it serves.

variable "nic" {
  description = "The host's NIC on the LAN; one that does not carry the host's own address."
  type        = string
  default     = "ens4"
}

variable "guest" {
  description = "A domain that exists already."
  type        = string
  default     = "web1"
}

resource "netplan_bridge" "lan" {
  name       = "br-lan"
  interfaces = [var.nic]
}

# Answers of DHCP come to a guest that has no address yet, so no connection is known that they belong to.
resource "libvirt_nwfilter" "dhcp" {
  name = "dhcp-answers"

  rule {
    action    = "accept"
    direction = "in"
    priority  = 100

    udp {
      srcportstart = 67
      dstportstart = 68
    }
  }
}

resource "libvirt_nwfilter" "server" {
  name = "server"

  # libvirt's own: the guest sends with its own MAC and IP address, in ARP too, or not at all.
  filterref { filter = "clean-traffic" }
  filterref { filter = libvirt_nwfilter.dhcp.name }

  rule {
    action    = "accept"
    direction = "in"
    priority  = 200
    tcp { dstportstart = "$PORT" }
  }
  rule {
    action    = "accept"
    direction = "out"
    priority  = 300
    all {}
  }
  rule {
    action    = "drop"
    direction = "in"
    priority  = 900
    all {}
  }
}

resource "libvirt_interface" "lan" {
  domain = var.guest
  bridge = netplan_bridge.lan.name

  filterref {
    filter = libvirt_nwfilter.server.name

    parameter {
      name  = "PORT"
      value = 8080
    }
    # The guest's address is the one that a DHCP server gives it; before it has one it can ask for it and nothing else.
    parameter {
      name  = "CTRL_IP_LEARNING"
      value = "dhcp"
    }
  }
}
