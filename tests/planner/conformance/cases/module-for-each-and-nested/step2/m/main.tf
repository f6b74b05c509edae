variable "k" {}
module "n" {
  source = "./n"
  k = var.k
}
resource "terraform_data" "up" {
  input = module.n.id
}
