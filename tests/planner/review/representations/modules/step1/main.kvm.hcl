module "site" {
  source   = "./site"
  for_each = toset(["a", "b"])
  name     = each.key
  size     = 3
}

module "one" {
  source     = "./site/leaf"
  count      = 1
  label      = module.site["a"].label
  depends_on = [terraform_data.root]
}

resource "terraform_data" "root" {
  input = { all = module.site, labels = [for site in module.site : site.label] }
}

output "labels" {
  value = { for name, site in module.site : name => site.leaf.label }
}

output "one" {
  value = module.one[0].label
}
