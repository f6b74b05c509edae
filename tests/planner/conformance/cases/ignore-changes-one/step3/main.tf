resource "terraform_data" "a" {
  input = 3
  triggers_replace = 2
  lifecycle {
    ignore_changes = [input]
  }
}
