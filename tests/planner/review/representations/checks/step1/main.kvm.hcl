variable "n" {
  type    = number
  default = 3
  validation {
    condition     = var.n > 1
    error_message = "Too small."
  }
}
resource "terraform_data" "a" {
  count = 2
  input = count.index
  lifecycle {
    precondition {
      condition     = var.n > 2
      error_message = "small"
    }
    postcondition {
      condition     = self.input < 5
      error_message = "big"
    }
    postcondition {
      condition     = self.id != ""
      error_message = "no id"
    }
  }
}
module "m" {
  source   = "./m"
  for_each = toset(["x", "y"])
}
check "fails" {
  assert {
    condition     = var.n == 4
    error_message = "n is ${var.n}"
  }
  assert {
    condition     = var.n == 5
    error_message = "n is not 5"
  }
}
check "holds" {
  assert {
    condition     = terraform_data.a[0].input == 0
    error_message = "x"
  }
}
check "unknown" {
  assert {
    condition     = terraform_data.a[0].id == "x"
    error_message = "x"
  }
}
output "o" {
  value = var.n
  precondition {
    condition     = var.n < 10
    error_message = "large"
  }
}
