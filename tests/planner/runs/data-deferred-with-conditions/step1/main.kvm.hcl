resource "toy_thing" "a" {
  name = "a"
  size = 3
}
data "toy_thing" "a" {
  name = toy_thing.a.name
  lifecycle {
    postcondition {
      condition     = self.size > 5
      error_message = "too small"
    }
  }
}
resource "toy_thing" "b" {
  name = "b"
  size = data.toy_thing.a.size
}
