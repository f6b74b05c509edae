module "m" {
  source   = "./m"
  for_each = toset([var.s])
}
variable "s" {
  sensitive = true
  default   = "x"
}
