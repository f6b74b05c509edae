module "m" {
  source = "./m"
  b      = module.m.a
}
output "b" {
  value = module.m.b
}
