kvmplan {
  required_providers {
    terraform = {
      source                = "terraform"
      configuration_aliases = [terraform.other]
    }
  }
}
resource "terraform_data" "a" {
}
resource "terraform_data" "b" {
  provider = terraform.other
}
