data "terraform_remote_state" "s" {
  backend = "local"
  config = { path = "none.tfstate" }
  defaults = { x = 1 }
  depends_on = [terraform_data.a]
}
resource "terraform_data" "a" {
}
