variable "secret" {
  default   = "hunter2"
  sensitive = true
}

resource "terraform_data" "one" {
  input = {
    list     = [1, "two", { three = 3 }]
    nested   = { deep = { deeper = [true, null] } }
    null     = null
    number   = 1.5
    "my key" = "my value"
    text     = "one\ntwo\n"
    empty    = {}
    none     = []
  }
}

resource "terraform_data" "sensitive" {
  triggers_replace = { plain = "p", listed = ["a", var.secret], all = { of = var.secret } }
}

resource "terraform_data" "many" {
  count = 11
  input = "${terraform_data.one.id} ${count.index}"
}

resource "terraform_data" "keyed" {
  for_each         = toset(["x", "a b", "ä"])
  input            = each.key
  triggers_replace = [terraform_data.many[0].id]
}

module "deep" {
  source = "./deep"
}

module "each" {
  source   = "./inner"
  for_each = { k = "v", l = "w" }
  value    = each.value
}

resource "terraform_data" "last" {
  input      = module.each["k"].id
  depends_on = [module.deep]
}
