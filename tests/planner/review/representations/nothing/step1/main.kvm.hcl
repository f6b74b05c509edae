resource "terraform_data" "same" {
  input = "same"
}
resource "terraform_data" "updated" {
  input = { a = 1, b = [1, 2], c = "x" }
}
resource "terraform_data" "replaced" {
  input            = "r"
  triggers_replace = { v = 1 }
}
resource "terraform_data" "first" {
  triggers_replace = [1]
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "gone" {
  input = "gone"
}
resource "terraform_data" "counted" {
  count = 3
  input = count.index
}
resource "terraform_data" "each" {
  for_each = { a = 1, b = 2 }
  input    = each.value
}
resource "terraform_data" "old" {
  input = "moves"
}
resource "terraform_data" "old2" {
  input = "moves"
}
resource "terraform_data" "forgotten" {
  input = "f"
}
resource "terraform_data" "triggered" {
  input = "t"
  lifecycle {
    replace_triggered_by = [terraform_data.updated]
  }
}
resource "terraform_data" "asked" {
  input = "t"
}
resource "terraform_data" "repeats" {
  input = "t"
}
resource "terraform_data" "follower" {
  input = terraform_data.replaced.id
}
module "m" {
  source = "./m"
}
output "updated" {
  value = "before"
}
output "gone" {
  value = "gone"
}
output "same" {
  value = "same"
}
output "hides" {
  value = "plain"
}
output "id" {
  value = terraform_data.replaced.id
}
