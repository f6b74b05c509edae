module "m" {
  source = "./m"
  count = 3
  x = count.index
}
output "o" { value = module.m[*].o }
