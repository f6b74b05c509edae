# A web server in a guest behind NAT, on a host where Docker runs: Docker drops whatever is forwarded, unless it is told
# to accept it.

variable "guest" {
  description = "A domain that exists already; it may be running."
  type        = string
  default     = "web1"
}

variable "outside" {
  description = "The interface to the outside."
  type        = string
  default     = "ens3"
}

module "web" {
  source = "kvmplan//nat-network"

  name     = "web"
  subnet   = "192.168.150.0/24"
  guests   = { (var.guest) = { number = 10 } }
  forwards = { page = { port = 8080, target = var.guest } }
}

resource "nftables_docker_user_accept" "web" {
  interface     = module.web.bridge
  out_interface = var.outside # what guests send goes there, and not to containers
}
