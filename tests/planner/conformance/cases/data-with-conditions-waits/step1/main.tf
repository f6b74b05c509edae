resource "terraform_data" "p" {
  input = "x"
}
locals {
  input = terraform_data.p.input
}
data "terraform_remote_state" "s" {
  backend  = "local"
  config   = { path = "other.json" }
  defaults = { n = local.input }
  lifecycle {
    postcondition {
      condition     = self.outputs.v == "one"
      error_message = "not one"
    }
  }
}
