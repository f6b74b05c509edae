# A guest with a real address of the LAN: a bridge of the host, a libvirt network on it, a NIC of the guest.

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

resource "libvirt_network" "lan" {
  name = "lan"
  mode = "bridge"

  bridge {
    name = netplan_bridge.lan.name
  }
}

resource "libvirt_interface" "lan" {
  domain  = var.guest
  network = libvirt_network.lan.name
}
