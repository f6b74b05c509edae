variable "racks" {
  type = number
}
variable "label" {}
module "rack" {
  source = "../rack"
  count  = var.racks
  name   = "${var.label}-${count.index}"
}
output "names" {
  value = module.rack[*].name
}
