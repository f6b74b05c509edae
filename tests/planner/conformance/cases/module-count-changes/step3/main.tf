module "m" {
  source = "./m"
  count = 0
  x = count.index
}
output "o" { value = module.m[*].o }
