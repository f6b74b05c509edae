variable "n" {}
resource "terraform_data" "r" {
  count = var.n
}
