resource "terraform_data" "a" {
  input = 1
  triggers_replace = { a = 2, b = 1 }
  lifecycle {
    ignore_changes = [triggers_replace.a]
  }
}
