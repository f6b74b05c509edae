resource "terraform_data" "a" {
  input = 1
}
module "m" {
  source = "./m"
  v      = terraform_data.a.output
}
