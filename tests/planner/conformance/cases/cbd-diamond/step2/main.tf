resource "terraform_data" "a" {
  triggers_replace = 2
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "b" {
  triggers_replace = terraform_data.a.id
}
resource "terraform_data" "c" {
  input = terraform_data.a.id
}
resource "terraform_data" "d" {
  input = [terraform_data.b.id, terraform_data.c.output]
}
