resource "toy_thing" "a" {
  name = "a"
}
module "child" {
  count      = 2
  source     = "./child"
  depends_on = [toy_thing.a]
}
module "other" {
  source = "./child"
}
data "toy_thing" "after" {
  name       = "there"
  depends_on = [module.child]
}
data "toy_thing" "now" {
  name       = "there"
  depends_on = [module.other]
}
output "sizes" {
  value = module.child[*].size
}
