resource "toy_thing" "a" {
  for_each = toset(["x", "y", "z"])
  name     = each.key
  lifecycle {
    precondition {
      condition     = each.key != ""
      error_message = "no name"
    }
  }
}
check "made" {
  assert {
    condition     = toy_thing.a["x"].id == ""
    error_message = "was made"
  }
}
