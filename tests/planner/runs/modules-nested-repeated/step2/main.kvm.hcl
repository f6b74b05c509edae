module "site" {
  source   = "./site"
  for_each = { north = 1, east = 1 }
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
