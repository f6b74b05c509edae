variable "plain" {}

variable "typed" {
  type        = list(number)
  default     = ["1", 2]
  description = "Numbers"
}

variable "secret" {
  type      = string
  default   = "hunter2"
  sensitive = true
}

variable "nothing" {
  type    = string
  default = null
}

variable "object" {
  type = object({
    a = string
    b = optional(number, 4)
    c = optional(list(string))
  })
  default  = { a = 1 }
  nullable = false
  validation {
    condition     = length(var.object.a) > 0
    error_message = "Too short."
  }
}

variable "ephemeral" {
  type      = string
  default   = "gone"
  ephemeral = true
}

variable "set" {
  type    = set(string)
  default = ["b", "a"]
}

resource "terraform_data" "a" {
  input = {
    secret = var.secret
    plain  = var.plain
    list   = [var.secret, "x"]
    nested = { inner = { s = var.secret, t = 1 } }
    set    = var.set
    null   = var.nothing
  }
}

output "secret" {
  value     = var.secret
  sensitive = true
}

output "nested" {
  value     = terraform_data.a.input
  sensitive = true
}

output "typed" {
  value = var.typed
}

output "none" {
  value = null
}
