variable "missing" {
  description = "The name of the thing."
  type        = string
}
variable "number" {
  type    = number
  default = "many"
}
variable "checked" {
  default = "x"
  validation {
    condition     = var.checked == "y"
    error_message = "Only y will do."
  }
}
resource "toy_thing" "a" {
  name = var.missing
}
