variable "mtu" {
  type    = number
  default = 1500
}

variable "nets" {
  type = map(object({
    cidr = string
    vlan = optional(number, 1)
  }))
  default = { lan = { cidr = "10.0.0.0/24" }, dmz = { cidr = "10.0.1.0/24", vlan = 7 } }
}

locals {
  names = [for name, net in var.nets : name if net.vlan > 0]
}

resource "terraform_data" "constants" {
  input = {
    text   = "a-${1 + 1}"
    number = 1.5
    whole  = 2e3
    truth  = !false
    none   = null
    list   = [1, "two", [true]]
    object = { "a b" = 1, c = { d = "é" } }
    math   = -(3 % 2) < 4 ? "yes" : "no"
  }
}

resource "terraform_data" "called" {
  input            = upper("a")
  triggers_replace = [timeadd("2020-01-01T00:00:00Z", "1h"), var.mtu]
}

resource "terraform_data" "net" {
  for_each = var.nets
  input    = { name = each.key, cidr = each.value.cidr, where = path.module }
}

resource "terraform_data" "nic" {
  count = length(local.names)
  input = {
    index = count.index
    one   = terraform_data.net["lan"].output.cidr
    all   = [for key, net in terraform_data.net : "${key}=${net.input.cidr}"]
    name  = local.names[count.index]
    deep  = var.nets["dmz"].vlan
  }
  depends_on = [terraform_data.called, terraform_data.net["lan"]]
}

resource "terraform_data" "splats" {
  input = {
    ids    = terraform_data.nic[*].id
    legacy = terraform_data.nic.*.input.index
    first  = terraform_data.nic[0].input["one"]
    last   = terraform_data.nic[length(local.names) - 1].id
    cond   = var.mtu > 1500 ? terraform_data.called.id : terraform_data.constants.output.text
    doc    = <<-EOT
      %{for name in local.names~}
      ${name} ${var.mtu}
      %{endfor~}
    EOT
    twice  = "${var.mtu}${var.mtu}"
    sum    = (var.mtu + var.mtu)
    object = { (local.names[0]) = var.mtu }
  }
  triggers_replace = terraform_data.net
}

output "nics" {
  value       = terraform_data.nic
  description = "All of them"
}

output "const" {
  value = ["a", 1]
}

output "depends" {
  value      = var.mtu
  depends_on = [terraform_data.nic]
}
