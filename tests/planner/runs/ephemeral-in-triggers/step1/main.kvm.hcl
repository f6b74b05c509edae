variable "e" {
  ephemeral = true
  default   = "x"
}
resource "terraform_data" "a" {
  triggers_replace = [var.e]
}
