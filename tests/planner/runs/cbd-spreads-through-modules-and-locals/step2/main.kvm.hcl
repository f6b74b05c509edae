resource "terraform_data" "dep" {
  triggers_replace = "2"
}
locals {
  dep = terraform_data.dep.id
}
module "m" {
  source = "./m"
  dep    = local.dep
}
