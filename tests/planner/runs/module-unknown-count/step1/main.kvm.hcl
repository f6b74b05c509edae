resource "terraform_data" "n" {
  input = 2
}
module "m" {
  source = "./m"
  n      = terraform_data.n.output
}
