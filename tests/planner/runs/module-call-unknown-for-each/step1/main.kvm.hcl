resource "terraform_data" "n" {
  input = ["a"]
}
module "m" {
  source   = "./m"
  for_each = toset(terraform_data.n.output)
}
