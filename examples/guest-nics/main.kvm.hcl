# Three ways for a guest to the outside, plugged in while it runs: a network of libvirt without spoofing, a device of the
# host by macvtap, and the host's own sockets.

variable "guest" {
  description = "A domain that exists already, by name or UUID."
  type        = string
  default     = "web1"
}

variable "nic" {
  description = "The host's device that the guest shares."
  type        = string
  default     = "ens4"
}

resource "libvirt_network" "inside" {
  name = "inside"
  mode = "isolated"

  ip {
    address = "192.168.152.1"
    prefix  = 24
    dhcp {
      range {
        start = "192.168.152.100"
        end   = "192.168.152.199"
      }
    }
  }
}

resource "libvirt_interface" "inside" {
  domain     = var.guest
  network    = libvirt_network.inside.name
  target_dev = "tap-inside"

  filterref { filter = "clean-traffic" }
  driver { rx_queue_size = 1024 }
}

resource "libvirt_interface" "lan" {
  domain = var.guest

  direct {
    dev  = var.nic
    mode = "bridge"
  }
}

resource "libvirt_interface" "host" {
  domain = var.guest

  user {}
  ip {
    address = "10.9.8.0"
    prefix  = 24
  }
}

output "macs" {
  value = [for nic in [libvirt_interface.inside, libvirt_interface.lan, libvirt_interface.host] : nic.mac]
}
