resource "terraform_data" "a" {
  input = { n = null, l = [], m = {}, s = toset(["b","a"]), t = [1,"a",true] }
}
output "n" { value = null }
output "o" { value = terraform_data.a.output }
output "e" { value = [] }
