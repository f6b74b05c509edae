variable "low" {
  default = 5
}
variable "high" {
  default = 3
  validation {
    condition     = var.high > var.low && var.high < local.most
    error_message = "high must be between ${var.low} and ${local.most}"
  }
}
locals {
  most = 10
}
