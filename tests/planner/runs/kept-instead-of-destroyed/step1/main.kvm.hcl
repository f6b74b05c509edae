resource "toy_thing" "gone" {
  name = "gone"
  lifecycle {
    destroy = false
  }
}
resource "toy_thing" "shrinks" {
  count = 2
  name  = "shrinks-${count.index}"
  lifecycle {
    destroy = false
  }
}
resource "toy_thing" "explicit" {
  name = "explicit"
  lifecycle {
    destroy = false
  }
}
resource "toy_thing" "plain" {
  name = "plain"
}
