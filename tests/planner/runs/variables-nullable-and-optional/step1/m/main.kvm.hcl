variable "plain" {
  default = "default"
}
variable "never" {
  default  = "default"
  nullable = false
}
variable "obj" {
  type = object({
    a = optional(string, "a-default")
    b = optional(number)
    c = optional(list(string), ["c"])
    d = optional(object({ x = optional(string, "x-default") }), {})
  })
}
output "all" {
  value = { plain = var.plain, never = var.never, obj = var.obj }
}
