module "m" {
  source   = "./m"
  for_each = toset(["a", "b"])
  other    = module.m["a"].id
}
