variable "names" {
  type = map(list(string))
}
variable "first" {}
resource "terraform_data" "all" {
  input = var.names
}
output "text" {
  value = "${join(",", flatten(values(terraform_data.all.output)))} ${var.first}"
}
