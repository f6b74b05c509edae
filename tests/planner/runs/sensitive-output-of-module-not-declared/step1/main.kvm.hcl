module "m" {
  source = "./m"
  s      = "hush"
}
output "o" {
  value     = module.m.o
  sensitive = true
}
resource "terraform_data" "a" {
  input = module.m.o
}
