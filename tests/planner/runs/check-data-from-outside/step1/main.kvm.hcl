check "size" {
  data "toy_thing" "d" {
    name = "there"
  }
  assert {
    condition     = data.toy_thing.d.size > 0
    error_message = "too small"
  }
}
output "o" {
  value = data.toy_thing.d.size
}
