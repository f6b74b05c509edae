module "m" {
  source = "./two"
  v      = "overridden"
}
variable "n" {
  default = 2
}
