resource "toy_thing" "b" {
  name = "a"
}
resource "toy_thing" "q" {
  name = "p"
}
moved {
  from = toy_thing.a
  to   = toy_thing.b
}
moved {
  from = toy_thing.p
  to   = toy_thing.q
}
