kvmplan {
  required_providers {
    toy = {
      source                = "toy"
      configuration_aliases = [toy.other]
    }
  }
}
resource "toy_thing" "default" {
  name = "b"
}
resource "toy_thing" "other" {
  provider = toy.other
  name     = "b"
}
