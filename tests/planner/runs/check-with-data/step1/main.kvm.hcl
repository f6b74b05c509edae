check "size" {
  data "toy_thing" "d" {
    name = "there"
  }
  assert {
    condition     = data.toy_thing.d.size > 5
    error_message = "too small"
  }
  assert {
    condition     = data.toy_thing.d.size == 1
    error_message = "not one"
  }
}
resource "terraform_data" "a" {}
