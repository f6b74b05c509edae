variable "v" { default = 1 }
locals { l = terraform_data.a.id }
resource "terraform_data" "a" { input = var.v }
resource "terraform_data" "c" { input = terraform_data.a.id }
resource "terraform_data" "x" { input = [terraform_data.a.id, terraform_data.c.id, local.l] }
module "m" {
  source = "./m"
  v      = terraform_data.a.id
}
module "e" {
  source     = "./m"
  v          = module.m.id
  for_each   = toset(["k"])
  depends_on = [terraform_data.x]
}
check "c" {
  assert {
    condition     = terraform_data.a.id != ""
    error_message = "none"
  }
}

resource "terraform_data" "z" { input = module.e["k"].id }
output "o" { value = terraform_data.z.id }
