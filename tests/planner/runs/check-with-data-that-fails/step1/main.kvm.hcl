check "there" {
  data "toy_thing" "d" {
    name = "nowhere"
  }
  assert {
    condition     = data.toy_thing.d.size > 5
    error_message = "too small"
  }
}
resource "terraform_data" "a" {}
