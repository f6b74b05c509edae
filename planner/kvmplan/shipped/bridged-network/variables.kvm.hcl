variable "name" {
  description = "The name of the libvirt network."
  type        = string
  default     = "lan"
}

variable "bridge" {
  description = "The name of the host's bridge, at most 15 characters; br- and the network's name if it is null."
  type        = string
  default     = null

  validation {
    condition     = length(var.bridge == null ? "br-${var.name}" : var.bridge) <= 15
    error_message = "Names of interfaces have at most 15 characters. Set `bridge` to a shorter one."
  }
}

variable "interfaces" {
  description = "The host's NICs on the LAN. One that carries the host's own address hands the LAN, not the address, to the bridge: see `addresses`."
  type        = list(string)

  validation {
    condition     = length(var.interfaces) > 0
    error_message = "A bridge to the LAN needs at least one NIC of the host."
  }
}

variable "addresses" {
  description = "The host's own addresses on the bridge, each with its prefix length; none if the host has no part in this LAN."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.addresses : can(cidrhost(address, 0))])
    error_message = "Each address has a prefix length, such as 192.0.2.10/24."
  }
}

variable "gateway" {
  description = "The host's default gateway, if it is by way of this bridge."
  type        = string
  default     = null

  validation {
    condition     = var.gateway == null || length(var.addresses) > 0
    error_message = "To reach a gateway the host needs an address on the bridge: set `addresses`, or use `dhcp4`, which brings a gateway of its own."
  }
}

variable "nameservers" {
  description = "The host's DNS servers by way of this bridge."
  type        = list(string)
  default     = []
}

variable "dhcp4" {
  description = "Whether the host gets its IPv4 address on the bridge by DHCP."
  type        = bool
  default     = false
}

variable "mac" {
  description = "The bridge's MAC address: that of the NIC, where the LAN's DHCP knows the host by it; null for one of its own."
  type        = string
  default     = null
}

variable "stp" {
  description = "Whether the bridge takes part in the spanning tree; needed with several NICs on one LAN."
  type        = bool
  default     = false
}

variable "guests" {
  description = "The guests to attach, by the names of their domains: the MAC address of each, which is chosen if it is null, and its firewall; null for none. `tcp` and `udp`: the ports that others reach; `addresses`: the only ones that the guest sends from, null for any."
  type = map(object({
    mac = optional(string)
    firewall = optional(object({
      tcp       = optional(list(string), [])
      udp       = optional(list(string), [])
      addresses = optional(list(string))
      stateful  = optional(bool, true)
    }))
  }))
  default = {}

  validation {
    condition = alltrue([
      for guest in var.guests : alltrue([
        for port in try(concat(guest.firewall.tcp, guest.firewall.udp), []) : can(regex("^[0-9]+(-[0-9]+)?$", port))
      ])
    ])
    error_message = "A port is a number or a range, such as 80 or 8000-8010."
  }
  validation {
    condition = alltrue([
      for guest in var.guests : alltrue([
        for address in try(coalesce(guest.firewall.addresses, []), []) : can(regex("^[0-9a-fA-F.:/]+$", address))
      ])
    ])
    error_message = "The addresses of a guest are addresses or subnets, such as 192.0.2.20 or 2001:db8::/64."
  }
}
