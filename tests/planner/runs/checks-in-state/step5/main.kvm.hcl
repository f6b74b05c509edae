variable "limit" {
  type    = number
  default = 1
}
module "m" {
  source = "./m"
  count  = 2
  size   = count.index + 1
}
check "there" {
  data "toy_thing" "there" {
    name = "there"
  }
  assert {
    condition     = data.toy_thing.there.size == var.limit
    error_message = "not ${var.limit}"
  }
}
output "limit" {
  value = var.limit
  precondition {
    condition     = var.limit > 0
    error_message = "no limit"
  }
}
