module "nulls" {
  source = "./m"
  plain  = null
  never  = null
  obj    = { a = "given", d = { x = null } }
}
module "defaults" {
  source = "./m"
  obj    = {}
}
output "nulls" {
  value = module.nulls.all
}
output "defaults" {
  value = module.defaults.all
}
