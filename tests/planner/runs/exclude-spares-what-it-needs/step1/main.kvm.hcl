resource "toy_thing" "p" {
  count = 2
  name  = "p${count.index}"
}
resource "toy_thing" "q" {
  name = "q"
}
resource "toy_thing" "r" {
  name   = "r"
  parent = toy_thing.p[1].id
}
resource "toy_thing" "s" {
  name   = "s"
  parent = toy_thing.q.id
}
