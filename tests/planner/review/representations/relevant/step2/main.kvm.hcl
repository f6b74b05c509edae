variable "v" {
  default = 2
}
resource "terraform_data" "a" {
  input = "a"
}
resource "terraform_data" "b" {
  input = { x = terraform_data.a.output, list = ["l"] }
}
resource "terraform_data" "condition" {
  input = "c"
}
resource "terraform_data" "needed" {
  input = "c"
}
resource "terraform_data" "trigger" {
  input = "c"
}
resource "terraform_data" "unused" {
  input = terraform_data.a.id
}
resource "terraform_data" "many" {
  for_each = toset(["x", "y"])
  input    = each.key
}
locals {
  through = { one = terraform_data.b.input.x, two = terraform_data.b.id }
}
module "m" {
  source   = "./m"
  for_each = { k = terraform_data.condition.input }
  handed   = terraform_data.many["x"].id
  dynamic  = each.value
}
resource "terraform_data" "c" {
  input      = [var.v, local.through.one, terraform_data.b.output.list[0], module.m["k"].back, module.m["k"].object.deep, [for k, m in module.m : m.back]]
  depends_on = [terraform_data.needed]
  lifecycle {
    replace_triggered_by = [terraform_data.trigger.output]
    precondition {
      condition     = terraform_data.condition.output == "c"
      error_message = "x"
    }
  }
}
output "o" {
  value = [var.v, terraform_data.many]
}
output "same" {
  value = terraform_data.unused.id
}
