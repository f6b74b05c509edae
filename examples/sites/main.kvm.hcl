# One module on every host: a bridge for the guests and the NAT in front of it, each site with a subnet of its own.

variable "sites" {
  description = "Every host, with its address and the subnet of its guests."
  type        = map(object({ address = string, subnet = string, mtu = optional(number, 1500) }))
  default = {
    a = { address = "ssh://root@kvm-a", subnet = "10.30.0.0/24" }
    b = { address = "ssh://root@kvm-b", subnet = "10.30.1.0/24", mtu = 9000 }
  }

  validation {
    condition = !anytrue([
      for one, a in var.sites : anytrue([for other, b in var.sites : one != other && cidroverlaps(a.subnet, b.subnet)])
    ])
    error_message = "Sites must not share addresses: give each a subnet of its own."
  }
}

host "kvm" {
  for_each = { for name, site in var.sites : name => site.address }
  address  = each.value
}

module "site" {
  source   = "./site"
  for_each = host.kvm
  host     = each.value

  name   = each.key
  subnet = var.sites[each.key].subnet
  mtu    = var.sites[each.key].mtu
}

check "redundancy" {
  assert {
    condition     = length(var.sites) >= 2
    error_message = "With a single site, nobody takes over when it is down."
  }
}

output "gateways" {
  description = "The address of every host in the subnet of its guests."
  value       = { for name, site in module.site : name => site.gateway }
}
