resource "terraform_data" "p" {
  input = "x"
}
check "c" {
  data "terraform_remote_state" "s" {
    backend = "local"
    config  = { path = "other.json" }
  }
  assert {
    condition     = data.terraform_remote_state.s.outputs.v == "two"
    error_message = "not two"
  }
}
check "missing" {
  data "terraform_remote_state" "m" {
    backend = "local"
    config  = { path = "none.json" }
  }
  assert {
    condition     = data.terraform_remote_state.m.outputs.v == "two"
    error_message = "not two"
  }
}
