variable "dep" {}
resource "terraform_data" "top" {
  triggers_replace = var.dep
  lifecycle {
    create_before_destroy = true
  }
}
