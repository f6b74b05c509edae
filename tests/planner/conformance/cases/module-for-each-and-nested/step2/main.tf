module "m" {
  source = "./m"
  for_each = toset(["b", "c"])
  k = each.key
}
