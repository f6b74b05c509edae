resource "toy_thing" "a" {
  name = "a"
  zone = "2"
  lifecycle {
    create_before_destroy = true
  }
}
