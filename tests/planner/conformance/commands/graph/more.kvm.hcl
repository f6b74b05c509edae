resource "terraform_data" "keyed" {
  for_each = toset(["a", "b"])
  input    = local.through
}

locals {
  through = [local.l, var.v, module.m.id]
}
