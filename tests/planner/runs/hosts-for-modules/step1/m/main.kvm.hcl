resource "toy_thing" "t" {
  name = "t"
}
module "inner" {
  source = "../inner"
}
