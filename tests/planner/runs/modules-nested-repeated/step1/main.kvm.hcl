module "site" {
  source   = "./site"
  for_each = { north = 2, south = 1 }
  racks    = each.value
  label    = each.key
}
module "report" {
  source = "./report"
  names  = { for key, site in module.site : key => site.names }
  first  = module.site["north"].names[0]
}
output "report" {
  value = module.report.text
}
output "whole" {
  value = module.site
}
