resource "toy_thing" "shrinks" {
  count = 1
  name  = "shrinks-${count.index}"
  lifecycle {
    destroy         = false
    prevent_destroy = true
  }
}
removed {
  from = toy_thing.explicit
  lifecycle {
    destroy = true
  }
}
resource "toy_thing" "plain" {
  name = "plain"
}
