variable "pool" {
  description = "What to cut subnets from, IPv4 or IPv6, such as 10.20.0.0/16."
  type        = string

  validation {
    condition     = can(cidrhost(var.pool, 0)) && try(cidrsubnet(var.pool, 0, 0) == var.pool, false)
    error_message = "A pool is its first address and a prefix length, such as 10.20.0.0/16."
  }
}

variable "networks" {
  description = "The networks in the order in which they came to be: a name, and the prefix length of the subnet. Add at the end. To give one up without moving the others, set its name to null; its subnet stays free."
  type = list(object({
    name   = optional(string)
    prefix = number
  }))

  validation {
    condition     = alltrue([for network in var.networks : network.prefix > local.pool_prefix])
    error_message = "A subnet is smaller than the pool: its prefix length is above the pool's."
  }
  validation {
    condition     = length(distinct(local.names)) == length([for network in var.networks : network if network.name != null])
    error_message = "Two networks have the same name."
  }
  validation {
    condition     = length(var.networks) == 0 || can(cidrsubnets(var.pool, local.bits...)) || !can(cidrhost(var.pool, 0))
    error_message = "The pool is too small for these networks. Enlarge it, or give later ones smaller subnets."
  }
}

locals {
  pool_prefix = try(tonumber(split("/", var.pool)[1]), 0)
  names       = [for network in var.networks : network.name if network.name != null]
  bits        = [for network in var.networks : network.prefix - local.pool_prefix]
  cut         = try(cidrsubnets(var.pool, local.bits...), [for bits in local.bits : var.pool]) # of what fails, the rules tell
  subnets     = zipmap(local.names, [for index, network in var.networks : local.cut[index] if network.name != null])
}

output "subnets" {
  description = "The subnets, by name."
  value       = local.subnets
}

output "gateways" {
  description = "The first address of each subnet, by name."
  value       = { for name, subnet in local.subnets : name => cidrhost(subnet, 1) }
}

output "networks" {
  description = "All about each network: name, subnet, prefix, gateway; in the order in which they were given."
  value = [
    for index, network in var.networks : {
      name    = network.name
      subnet  = local.cut[index]
      prefix  = network.prefix
      gateway = cidrhost(local.cut[index], 1)
    } if network.name != null
  ]
}
