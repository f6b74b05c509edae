provider "toy" {}
resource "toy_thing" "a" {
  name = "a"
}
