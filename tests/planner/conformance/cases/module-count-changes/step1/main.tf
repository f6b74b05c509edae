module "m" {
  source = "./m"
  count = 1
  x = count.index
}
output "o" { value = module.m[*].o }
