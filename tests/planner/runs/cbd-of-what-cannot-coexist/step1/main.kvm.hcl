resource "toy_thing" "a" {
  name = "a"
  zone = "1"
  lifecycle {
    create_before_destroy = true
  }
}
