data "toy_thing" "d" {
  name = "there"
  lifecycle {
    postcondition {
      condition     = self.size > 5
      error_message = "too small: ${self.size}"
    }
  }
}
resource "terraform_data" "a" {
  input = data.toy_thing.d.id
}
