resource "terraform_data" "a" {
  lifecycle {
    prevent_destroy = true
  }
}
module "child" {
  source = "./child"
}
