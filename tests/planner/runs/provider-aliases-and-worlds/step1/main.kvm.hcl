kvmplan {
  required_providers {
    toy = { source = "toy" }
  }
}
provider "toy" {}
provider "toy" {
  alias = "east"
  world = "east.json"
}
resource "toy_thing" "here" {
  name = "a"
}
resource "toy_thing" "there" {
  provider = toy.east
  name     = "a"
}
module "m" {
  source    = "./m"
  providers = { toy = toy.east, toy.other = toy }
}
