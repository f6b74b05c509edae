resource "terraform_data" "a" {
  for_each = toset(["x", "y"])
  input    = each.key
  lifecycle {
    postcondition {
      condition     = self.output != each.key || each.key == "x"
      error_message = "${each.key} is wrong"
    }
  }
}
resource "terraform_data" "on_x" {
  input = terraform_data.a["x"].output
}
resource "terraform_data" "on_y" {
  input = terraform_data.a["y"].output
}
