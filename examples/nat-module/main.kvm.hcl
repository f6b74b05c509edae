# The web server of nat-web, made with a module that comes with kvmplan.

variable "guest" {
  description = "A domain that exists already; it may be running."
  type        = string
  default     = "web1"
}

variable "port" {
  description = "The port of the host at which the page is served."
  type        = number
  default     = 8080
}

module "web" {
  source = "kvmplan//nat-network"

  name     = "web"
  subnet   = "192.168.150.0/24"
  guests   = { (var.guest) = { number = 10 } }
  forwards = { page = { port = var.port, target = var.guest, target_port = 8080 } }
}

output "page" {
  description = "Where an outside client finds the page, at any address of the host."
  value       = module.web.forwards["page"]
}
