module "m" {
  source = "./m"
  x = terraform_data.a.id
}
resource "terraform_data" "a" {
}
resource "terraform_data" "z" {
  input = module.m.o
}
output "o" { value = terraform_data.z.output }
