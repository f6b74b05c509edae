module "pure" {
  source = "./pure"
  a      = 3
}
module "twice" {
  source = "./pure"
  a      = module.pure.double
}
output "double" {
  value = module.twice.double
}
output "none" {
  value = module.empty
}
module "empty" {
  source = "./empty"
}
