kvmplan {
  required_providers {
    toy = {
      source                = "toy"
      configuration_aliases = [toy.other]
    }
  }
}
