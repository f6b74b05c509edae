variable "e" {
  ephemeral = true
  default   = 1
}
module "m" {
  source = "./m"
  count  = var.e
}
