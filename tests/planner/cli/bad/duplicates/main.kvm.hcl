resource "toy_thing" "a" {
  name = "a"
  name = "b"
}
resource "toy_thing" "a" {
  name = "c"
}
variable "x" {}
variable "x" {}
