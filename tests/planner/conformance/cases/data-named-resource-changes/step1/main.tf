resource "terraform_data" "p" {
  input = "x"
}
data "terraform_remote_state" "s" {
  backend  = "local"
  config   = { path = "other.json" }
  defaults = { n = terraform_data.p.input }
}
locals {
  input = terraform_data.p.input
}
data "terraform_remote_state" "through_local" {
  backend  = "local"
  config   = { path = "other.json" }
  defaults = { n = local.input }
}
output "o" {
  value = data.terraform_remote_state.s.outputs.n
}
output "l" {
  value = data.terraform_remote_state.through_local.outputs.n
}
