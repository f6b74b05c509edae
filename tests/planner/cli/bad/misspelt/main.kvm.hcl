variable "site" {
  default = "lab"
}

locals {
  zone    = vars.site
  network = { name = "lan" }
  missing = local.netwrok
  label   = local.network.nmae
  upper   = uper(var.site)
  size    = tonumber(var.site)
}

resource "toy_thing" "a" {
  name = "a"
  zone = local.zone
}
