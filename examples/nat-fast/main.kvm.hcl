# Guests behind the host's address on the fast path, kept apart from another network of the host.

variable "uplink" {
  description = "The host's interface that leads out."
  type        = string
  default     = "eth0"
}

variable "others" {
  description = "The networks that these guests must not meet: subnets, or interfaces of the host."
  type        = list(string)
  default     = ["192.168.151.0/24"]
}

module "web" {
  source = "kvmplan//nat-network"

  name          = "web"
  subnet        = "192.168.150.0/24"
  guests        = { web1 = { number = 10 } }
  forwards      = { page = { port = 8080, target = "web1", target_port = 80 } }
  out_interface = var.uplink
  flowtable     = [var.uplink]
  isolation     = var.others
}
