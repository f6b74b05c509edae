resource "terraform_data" "one" {
  input = "one"
}

resource "terraform_data" "many" {
  count = 3
  input = terraform_data.one.id
}

module "deep" {
  source = "./deep"
}

module "each" {
  source   = "./inner"
  for_each = { k = "v", l = "w" }
  value    = each.value
}

output "id" {
  value = terraform_data.one.input
}
