variable "guarded" {
  type = bool
}
resource "terraform_data" "a" {
  lifecycle {
    prevent_destroy = var.guarded
  }
}
