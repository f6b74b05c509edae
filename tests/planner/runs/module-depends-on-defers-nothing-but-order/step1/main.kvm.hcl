resource "terraform_data" "first" {
  triggers_replace = "1"
}
module "m" {
  source     = "./m"
  depends_on = [terraform_data.first]
}
