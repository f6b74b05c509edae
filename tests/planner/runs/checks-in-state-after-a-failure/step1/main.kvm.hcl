resource "toy_thing" "a" {
  name = "a"
  lifecycle {
    postcondition {
      condition     = self.id == ""
      error_message = "made as ${self.id == "" ? "" : "something"}"
    }
  }
}
resource "toy_thing" "b" {
  name = toy_thing.a.id
  lifecycle {
    postcondition {
      condition     = self.id == ""
      error_message = "made"
    }
  }
}
check "made" {
  assert {
    condition     = toy_thing.b.id != ""
    error_message = "not made"
  }
}
check "unread" {
  data "toy_thing" "gone" {
    name = "gone-${toy_thing.a.id}"
  }
  assert {
    condition     = data.toy_thing.gone.size > 5
    error_message = "too small"
  }
}
