variable "name" {
  type        = string
  description = "Of the site"
}

variable "size" {
  default = 1
}

resource "terraform_data" "this" {
  input = "${var.name}-${var.size}"
}

module "leaf" {
  source = "./leaf"
  label  = terraform_data.this.output
}

output "label" {
  value = module.leaf.label
}

output "leaf" {
  value       = module.leaf
  description = "All of the leaf"
}
