resource "terraform_data" "in" {
  input = "in"
}
module "m" {
  source = "./m"
}
