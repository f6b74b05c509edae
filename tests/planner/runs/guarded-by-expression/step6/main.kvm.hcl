variable "guarded" {
  default = true
}
locals {
  guarded = { a = var.guarded, b = false }
}
resource "terraform_data" "each" {
  for_each = local.guarded
  input    = each.key
  lifecycle {
    prevent_destroy = each.value
  }
}
resource "terraform_data" "counted" {
  count = 2
  lifecycle {
    prevent_destroy = count.index == 0 && var.guarded
  }
}
module "child" {
  source  = "./child"
  guarded = var.guarded
}
