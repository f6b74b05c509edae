# Two tenants on one host: each has a network with a way out, and neither reaches the other.

variable "tenants" {
  description = "Their subnets, by name."
  type        = map(string)
  default = {
    blue = "192.168.151.0/24"
    red  = "192.168.152.0/24"
  }
}

module "network" {
  for_each = var.tenants
  source   = "kvmplan//nat-network"

  name   = each.key
  subnet = each.value
}

resource "nftables_isolation" "tenants" {
  networks = values(var.tenants)
}
