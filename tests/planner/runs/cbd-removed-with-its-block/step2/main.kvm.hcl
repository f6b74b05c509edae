resource "terraform_data" "dep" {
  triggers_replace = "2"
}
