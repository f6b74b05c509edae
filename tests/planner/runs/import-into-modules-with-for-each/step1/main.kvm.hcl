locals {
  known = { k = "id-k", l = "id-l" }
}
module "m" {
  source   = "./m"
  for_each = local.known
}
import {
  for_each = local.known
  to       = module.m[each.key].terraform_data.r["x"]
  id       = each.value
}
