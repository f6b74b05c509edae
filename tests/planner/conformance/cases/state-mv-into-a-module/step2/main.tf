module "m" {
  source = "./m"
}
resource "terraform_data" "b" {
  input = module.m.out
}
resource "terraform_data" "c" {
  input = terraform_data.b.id
}
