resource "terraform_data" "same" {
  input = "same"
}
resource "terraform_data" "updated" {
  input = { a = 2, b = [1, 3], d = "x" }
}
resource "terraform_data" "replaced" {
  input            = "r"
  triggers_replace = { v = 2 }
}
resource "terraform_data" "first" {
  triggers_replace = [2]
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "counted" {
  count = 2
  input = count.index
}
resource "terraform_data" "each" {
  for_each = { a = 1 }
  input    = each.value
}
resource "terraform_data" "new" {
  input = "moves"
}
moved {
  from = terraform_data.old
  to   = terraform_data.new
}
resource "terraform_data" "new2" {
  input = "moves and changes"
}
moved {
  from = terraform_data.old2
  to   = terraform_data.new2
}
removed {
  from = terraform_data.forgotten
  lifecycle {
    destroy = false
  }
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
  for_each = toset(["x"])
  input    = "t"
}
resource "terraform_data" "follower" {
  input = terraform_data.replaced.id
}
resource "terraform_data" "imported" {
}
import {
  to = terraform_data.imported
  id = "known"
}
resource "terraform_data" "created" {
  input = terraform_data.updated.output
}
output "updated" {
  value = "after"
}
output "same" {
  value = "same"
}
output "new" {
  value = terraform_data.created.output
}
output "hides" {
  value     = "plain"
  sensitive = true
}
output "id" {
  value = terraform_data.replaced.id
}
