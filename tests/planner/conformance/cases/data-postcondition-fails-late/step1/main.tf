resource "terraform_data" "p" {
  input = "other.json"
}
data "terraform_remote_state" "s" {
  backend = "local"
  config  = { path = terraform_data.p.output }
  lifecycle {
    postcondition {
      condition     = self.outputs.v == "two"
      error_message = "not two"
    }
  }
}
resource "terraform_data" "q" {
  input = data.terraform_remote_state.s.outputs.v
}
resource "terraform_data" "r" {
  input = "r"
}
