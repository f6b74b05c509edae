resource "terraform_data" "base" {
  triggers_replace = "2"
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "updated" {
  input = terraform_data.base.id
}
resource "terraform_data" "replaced" {
  triggers_replace = terraform_data.base.id
}
resource "terraform_data" "unchanged" {
  depends_on = [terraform_data.base]
}
