variable "v" {}
resource "terraform_data" "some" {
  input            = var.v
  triggers_replace = var.v
  lifecycle {
    ignore_changes = [triggers_replace]
  }
}
resource "terraform_data" "all" {
  input            = var.v
  triggers_replace = var.v
  lifecycle {
    ignore_changes = all
  }
}
