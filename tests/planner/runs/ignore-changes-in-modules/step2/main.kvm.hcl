module "m" {
  source = "./m"
  v      = "two"
}
