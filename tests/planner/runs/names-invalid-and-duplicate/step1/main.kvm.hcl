module "0m" {
  source = "./m"
}
module "m" {
  source = "./m"
}
module "m" {
  source = "./m"
}
variable "count" {}
output "a b" {
  value = 1
}
check "x y" {
  assert {
    condition     = local.l == 1
    error_message = "no"
  }
}
locals {
  l = 1
}
locals {
  l = 2
}
resource "terraform_data" "a" {
  lifecycle {}
  lifecycle {}
}
