module "m" {
  source = "./m"
  s      = "hush"
}
output "o" {
  value = module.m.o
}
