data "terraform_remote_state" "plain" {
  backend = "local"
  config = {
    path = "there.tfstate"
  }
}
resource "terraform_data" "a" {
  input = data.terraform_remote_state.plain.outputs.v
}
data "terraform_remote_state" "late" {
  backend = "local"
  config = {
    path = "${terraform_data.a.id == "" ? "not-" : ""}there.tfstate"
  }
}
check "c" {
  data "terraform_remote_state" "in" {
    backend = "local"
    config = {
      path = "there.tfstate"
    }
  }
  assert {
    condition     = data.terraform_remote_state.in.outputs.v[0] == 1
    error_message = "no"
  }
}
