variable "secret" {
  default   = "hunter2"
  sensitive = true
}

output "bool" {
  value = true
}

output "list" {
  value = tolist(["a", "b"])
}

output "map" {
  value = tomap({ a = 1, "b c" = 2 })
}

output "null" {
  value = null
}

output "nulls" {
  value = [null, { a = null }]
}

output "number" {
  value = 12.5
}

output "large" {
  value = 123456789012345678901234567890
}

output "object" {
  value = { a = 1, "b c" = { d = ["x"], empty = {}, none = [] } }
}

output "secret" {
  value     = { password = var.secret }
  sensitive = true
}

output "secret_text" {
  value     = var.secret
  sensitive = true
}

output "set" {
  value = toset(["b", "a"])
}

output "text" {
  value = "a \"quoted\" ${"$"}{text} \\ ä\ttab <&>"
}

output "lines" {
  value = "one\n two\n"
}

output "tuple" {
  value = ["a", 1, true]
}
