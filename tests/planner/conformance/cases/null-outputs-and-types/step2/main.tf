resource "terraform_data" "a" {
  input = { n = 1, l = [1], m = {a=1}, s = toset(["c","a"]), t = [1,"b",true] }
}
output "n" { value = null }
output "o" { value = terraform_data.a.output }
