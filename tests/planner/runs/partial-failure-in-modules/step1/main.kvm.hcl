module "m" {
  source   = "./m"
  for_each = toset(["k", "l"])
  name     = each.key
}
resource "terraform_data" "on_l" {
  input = module.m["l"].id
}
output "ids" {
  value = { for key, one in module.m : key => one.name }
}
