# A guest with a real address of the LAN that is not open to all of it: the LAN reaches its web server, administrators its
# SSH, and it sends as itself or not at all.

variable "nic" {
  description = "The host's NIC on the LAN; one that does not carry the host's own address."
  type        = string
  default     = "ens4"
}

variable "guest" {
  description = "A domain that exists already; it may be running."
  type        = string
  default     = "web1"
}

variable "admins" {
  description = "Who may log in: addresses and subnets of the LAN or beyond."
  type        = set(string)
  default     = ["203.0.113.1"]
}

variable "stateful" {
  description = "Whether the host's kernel knows connections through bridges (nf_conntrack_bridge)."
  type        = bool
  default     = true
}

module "lan" {
  source = "kvmplan//bridged-network"

  interfaces = [var.nic]
}

resource "libvirt_interface" "web" {
  domain     = var.guest
  network    = module.lan.name
  mac        = "52:54:00:00:71:0a"
  target_dev = "tap-web"
}

resource "nftables_firewall" "web" {
  family    = "bridge"
  interface = libvirt_interface.web.target_dev
  stateful  = var.stateful

  ingress {
    action   = "allow"
    protocol = "tcp"
    ports    = ["80", "443", "8080"]
  }
  ingress {
    action   = "allow"
    protocol = "tcp"
    ports    = ["22"]
    source   = ["$admins"]

    limit {
      rate = "10/minute"
    }
  }
  ingress {
    action     = "allow"
    protocol   = "icmp"
    icmp_types = ["echo-request"]
  }
  address_set {
    name      = "admins"
    addresses = var.admins
  }
  anti_spoofing {
    mac = libvirt_interface.web.mac
  }
}
