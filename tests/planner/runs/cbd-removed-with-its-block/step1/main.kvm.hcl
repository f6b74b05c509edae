resource "terraform_data" "dep" {
  triggers_replace = "1"
}
resource "terraform_data" "top" {
  input = terraform_data.dep.id
  lifecycle {
    create_before_destroy = true
  }
}
