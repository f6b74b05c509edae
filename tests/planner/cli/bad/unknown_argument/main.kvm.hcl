resource "toy_thing" "a" {
  name  = "a"
  sized = 3
  ports {
    number = 80
  }
  tags {
  }
}
