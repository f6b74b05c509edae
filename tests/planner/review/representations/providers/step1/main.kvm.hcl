kvmplan {
  required_providers {
    terraform = {
      source = "terraform"
    }
  }
}
provider "terraform" {
}
provider "terraform" {
  alias = "east"
}
resource "terraform_data" "a" {
}
resource "terraform_data" "b" {
  provider = terraform.east
}
module "m" {
  source = "./m"
  providers = {
    terraform.other = terraform.east
  }
}
