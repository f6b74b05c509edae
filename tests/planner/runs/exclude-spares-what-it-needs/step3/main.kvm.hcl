resource "toy_thing" "p" {
  count = 1
  name  = "p${count.index}"
}
resource "toy_thing" "r" {
  name = "r"
}
