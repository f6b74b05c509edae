resource "terraform_data" "a" {
  for_each         = { x = 2, y = 1 }
  triggers_replace = each.value
}
resource "terraform_data" "b" {
  for_each = toset(["x", "y"])
  lifecycle {
    replace_triggered_by = [terraform_data.a[each.key]]
  }
}
resource "terraform_data" "c" {
  lifecycle {
    replace_triggered_by = [terraform_data.b]
  }
}
