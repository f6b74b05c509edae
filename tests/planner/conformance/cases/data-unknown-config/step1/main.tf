resource "terraform_data" "p" {
  input = "other.json"
}
data "terraform_remote_state" "u" {
  backend = "local"
  config  = { path = terraform_data.p.output }
}
resource "terraform_data" "q" {
  input = data.terraform_remote_state.u.outputs.v
}
output "o" {
  value = data.terraform_remote_state.u.outputs.l
}
