variable "v" {
}
resource "terraform_data" "a" {
  count = 2
  input = "${var.v}${count.index}"
}
resource "terraform_data" "b" {
  input = "b${terraform_data.a[1].output}"
}
output "out" {
  value = terraform_data.b.output
}
output "idle" {
  value = "idle"
}
