resource "terraform_data" "p" {
  count = 1
}
data "terraform_remote_state" "s" {
  backend    = "local"
  config     = { path = "other.json" }
  depends_on = [terraform_data.p]
}
