variable "world" {
  ephemeral = true
  default   = "world.json"
}
locals {
  world = var.world
}
module "m" {
  source = "./m"
  v      = local.world
}
provider "toy" {
  world = module.m.o
}
resource "toy_thing" "a" {
  name = "a"
}
output "is" {
  value = ephemeralasnull(module.m.o) == null
}
check "c" {
  assert {
    condition     = module.m.o == "world.json"
    error_message = "no"
  }
}
