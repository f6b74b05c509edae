resource "terraform_data" "dep" {
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "top" {
  input = terraform_data.dep.id
}
