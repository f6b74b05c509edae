resource "toy_thing" "a" {
  name = "a"
}
moved {
  from = terraform_data.a
  to   = toy_thing.a
}
