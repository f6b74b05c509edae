resource "terraform_data" "a" {
  count = 2
  input = count.index == 0 ? "changed" : "x1"
}
resource "terraform_data" "on_any" {
  lifecycle {
    replace_triggered_by = [terraform_data.a]
  }
}
resource "terraform_data" "on_second" {
  lifecycle {
    replace_triggered_by = [terraform_data.a[1]]
  }
}
resource "terraform_data" "on_attribute" {
  lifecycle {
    replace_triggered_by = [terraform_data.a[0].input]
  }
}
resource "terraform_data" "each" {
  count = 2
  lifecycle {
    replace_triggered_by = [terraform_data.a[count.index].id]
  }
}
resource "terraform_data" "by_index" {
  count = 2
  lifecycle {
    replace_triggered_by = [terraform_data.a[count.index].input]
  }
}
