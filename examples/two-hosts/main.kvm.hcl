# The same NAT network on several hosts, from one configuration.

variable "hosts" {
  description = "The address of every host, by the name it has here."
  type        = map(string)
  default = {
    a = "ssh://root@kvm-a"
    b = "ssh://root@kvm-b"
  }
}

host "kvm" {
  for_each = var.hosts
  address  = each.value
}

resource "libvirt_network" "lan" {
  for_each = host.kvm
  host     = each.value
  name     = "lan"

  ip {
    address = "192.168.77.1"
    prefix  = 24

    dhcp {
      range {
        start = "192.168.77.100"
        end   = "192.168.77.199"
      }
    }
  }
}

output "bridges" {
  value = { for name, network in libvirt_network.lan : name => network.bridge.name }
}
