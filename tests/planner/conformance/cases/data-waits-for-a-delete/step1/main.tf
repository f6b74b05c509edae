resource "terraform_data" "p" {
  count = 2
}
data "terraform_remote_state" "s" {
  backend    = "local"
  config     = { path = "other.json" }
  depends_on = [terraform_data.p]
}
