module "m" {
  source = "./m"
  v      = "one"
}
