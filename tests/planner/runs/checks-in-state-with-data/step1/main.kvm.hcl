resource "toy_thing" "a" {
  name = "a"
}
check "gone_after_apply" {
  data "toy_thing" "late" {
    name = "gone-${toy_thing.a.id}"
  }
  assert {
    condition     = data.toy_thing.late.size > 5
    error_message = "too small"
  }
}
check "gone" {
  data "toy_thing" "gone" {
    name = "gone"
  }
  assert {
    condition     = data.toy_thing.gone.size > 5
    error_message = "too small"
  }
}
check "made" {
  data "toy_thing" "a" {
    name = "a"
    # That it is there is known only afterwards.
    depends_on = [toy_thing.a]
  }
  assert {
    condition     = data.toy_thing.a.name == "a"
    error_message = "another"
  }
}
