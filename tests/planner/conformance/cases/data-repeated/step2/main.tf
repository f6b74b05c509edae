resource "terraform_data" "p" {
  for_each = toset(["other.json", "./other.json"])
  input    = each.key
}
data "terraform_remote_state" "s" {
  for_each = terraform_data.p
  backend  = "local"
  config   = { path = each.value.output }
}
data "terraform_remote_state" "c" {
  count   = 2
  backend = "local"
  config  = { path = "other.json" }
}
resource "terraform_data" "q" {
  for_each = data.terraform_remote_state.s
  input    = each.value.outputs.v
}
output "o" {
  value = data.terraform_remote_state.c[*].outputs.v
}
