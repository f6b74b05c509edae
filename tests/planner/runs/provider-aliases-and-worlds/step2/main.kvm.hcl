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
