resource "terraform_data" "out" {
  input = "out"
}
module "m" {
  source   = "./m"
  for_each = toset(["k"])
}
moved {
  from = terraform_data.in
  to   = module.m["k"].terraform_data.in
}
moved {
  from = module.m.terraform_data.out
  to   = terraform_data.out
}
