resource "terraform_data" "p" {
  input = "x"
}
module "waits" {
  source     = "./child"
  for_each   = toset(["a", "b"])
  depends_on = [terraform_data.p]
}
module "now" {
  source = "./child"
}
data "terraform_remote_state" "after_module" {
  backend    = "local"
  config     = { path = "other.json" }
  depends_on = [module.waits]
}
data "terraform_remote_state" "after_nothing" {
  backend    = "local"
  config     = { path = "other.json" }
  depends_on = [module.now]
}
output "o" {
  value = { for key, one in module.waits : key => one.v }
}
