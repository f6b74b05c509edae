variable "v" {}
module "inner" {
  source = "./inner"
  v      = var.v
}
resource "terraform_data" "r" { input = module.inner.id }
output "id" { value = terraform_data.r.id }
