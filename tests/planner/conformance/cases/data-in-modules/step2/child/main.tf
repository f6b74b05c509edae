data "terraform_remote_state" "s" {
  backend = "local"
  config  = { path = "other.json" }
}
output "v" {
  value = data.terraform_remote_state.s.outputs.v
}
