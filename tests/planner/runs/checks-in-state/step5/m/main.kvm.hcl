variable "size" {
  validation {
    condition     = var.size > 0
    error_message = "no size"
  }
}
resource "toy_thing" "a" {
  name = "m${var.size}"
  size = var.size
  lifecycle {
    postcondition {
      condition     = self.id != "" && self.size == var.size
      error_message = "not made as asked"
    }
  }
}
check "size" {
  assert {
    condition     = toy_thing.a.size < 2
    error_message = "${toy_thing.a.size} is large"
  }
}
check "made" {
  assert {
    condition     = toy_thing.a.id != ""
    error_message = "not made"
  }
}
