resource "terraform_data" "first" {
  triggers_replace = "2"
}
module "m" {
  source     = "./m"
  depends_on = [terraform_data.first]
}
