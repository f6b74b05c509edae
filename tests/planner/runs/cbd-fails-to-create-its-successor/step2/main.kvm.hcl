resource "toy_copy" "a" {
  name = "a-2"
  zone = "2"
  lifecycle {
    create_before_destroy = true
  }
}
resource "toy_thing" "user" {
  name = "user"
  note = toy_copy.a.id
}
