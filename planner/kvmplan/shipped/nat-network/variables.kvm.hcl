variable "name" {
  description = "The network's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]*$", var.name))
    error_message = "The name of a network begins with a letter or digit, and has letters, digits, dots, dashes and underscores."
  }
}

variable "subnet" {
  description = "The guests' IPv4 subnet, such as 192.168.150.0/24. The host has its first address."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.subnet)) && try(cidrhost(var.subnet, 0) == split("/", var.subnet)[0], false)
    error_message = "A subnet is the first address of it and a prefix length, such as 192.168.150.0/24."
  }
  validation {
    condition     = can(cidrhost(var.subnet, 3)) || !can(cidrhost(var.subnet, 0))
    error_message = "The subnet is too small: the host needs an address in it, and so do guests."
  }
}

variable "dhcp" {
  description = "Which addresses of the subnet, by number, are for guests that are not in `guests`; null for none."
  type        = object({ first = number, last = number })
  default     = { first = 100, last = 199 }

  validation {
    condition     = var.dhcp == null || can(cidrhost(var.subnet, var.dhcp.last)) || !can(cidrhost(var.subnet, 0))
    error_message = "The subnet has not that many addresses: set `dhcp` to a range that is in it, or to null."
  }
  validation {
    condition     = var.dhcp == null || try(var.dhcp.first > 1 && var.dhcp.first <= var.dhcp.last, false)
    error_message = "`dhcp` goes from `first`, above the host's own 1, up to `last`."
  }
}

variable "guests" {
  description = "The guests to attach, by the names of their domains: the number of each one's address in the subnet, and its MAC address, which follows from the address if it is left out."
  type = map(object({
    number = number
    mac    = optional(string)
  }))
  default = {}

  validation {
    condition = alltrue([
      for guest in var.guests :
      guest.number > 1 && (can(cidrhost(var.subnet, guest.number)) || !can(cidrhost(var.subnet, 0)))
    ])
    error_message = "The number of a guest's address is above 1, the host's own, and within the subnet."
  }
  validation {
    condition     = length(distinct([for guest in var.guests : guest.number])) == length(var.guests)
    error_message = "Two guests have the same number."
  }
}

variable "forwards" {
  description = "Ports of the host that lead to guests, by any name: `target` is a name in `guests` or an address, `target_port` is `port` if it is left out, `address` the only one of the host's addresses to answer on."
  type = map(object({
    port        = number
    target      = string
    target_port = optional(number)
    protocol    = optional(string, "tcp")
    address     = optional(string)
  }))
  default = {}

  validation {
    condition = alltrue([
      for forward in var.forwards : contains(keys(var.guests), forward.target) || can(cidrhost("${forward.target}/32", 0))
    ])
    error_message = "The target of a forward is a name in `guests`, or an address."
  }
  validation {
    condition     = alltrue([for forward in var.forwards : contains(["tcp", "udp"], forward.protocol)])
    error_message = "The protocol of a forward is tcp or udp."
  }
}

variable "domain" {
  description = "The DNS domain of the guests, which answers for their names; null for none."
  type        = string
  default     = null
}

variable "out_interface" {
  description = "The host's only interface by which guests reach the outside; null for any."
  type        = string
  default     = null
}

variable "isolation" {
  description = "The networks that the guests must not meet, nor those them: subnets, and bridges or other interfaces of the host."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.isolation, var.subnet)
    error_message = "The network itself is in `isolation`: write the others."
  }
}

variable "flowtable" {
  description = "The host's interfaces that lead out, for the fast path: packets of established connections between them and the guests skip most of what NAT costs. None: no fast path."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.flowtable : can(regex("^[A-Za-z0-9_.@-]{1,15}$", name))])
    error_message = "`flowtable` has names of the host's interfaces, such as eth0."
  }
}
