module "m" {
  source = "./one"
}
