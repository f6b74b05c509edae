resource "toy_thing" "a" {
  name = "a"
  size = 3
}
check "size" {
  data "toy_thing" "a" {
    name = toy_thing.a.name
  }
  assert {
    condition     = data.toy_thing.a.size > 5
    error_message = "too small"
  }
}
check "gone" {
  data "toy_thing" "gone" {
    name = toy_thing.a.id == "" ? "a" : "gone"
  }
  assert {
    condition     = data.toy_thing.gone.size > 5
    error_message = "too small"
  }
}
check "there" {
  data "toy_thing" "there" {
    name = "there"
  }
  assert {
    condition     = data.toy_thing.there.size == 1
    error_message = "not one"
  }
}
