# What the examples in docs/expressions.md and docs/functions/ refer to; run kvmplan console here.

variable "password" {
  type      = string
  default   = "hunter2"
  sensitive = true
}

resource "terraform_data" "disk" {
  input = "web1"
}

locals {
  greeting = "Hello, $${name}!"

  guests = {
    db1  = { address = "10.1.0.21", memory = 4096, networks = ["back"] }
    web1 = { address = "10.1.0.11", memory = 2048, networks = ["front", "back"] }
    web2 = { address = "10.1.0.12", memory = 2048, networks = ["front", "back"] }
  }
}

locals {
  bridge = "br0"

  script = <<EOT
#!/bin/sh
ip link show ${local.bridge}
echo $${HOME} 100%%{done}
EOT

  stanza = <<-EOT
    interface ${local.bridge}
      address 10.1.0.1
    EOT
}

locals {
  mtus = { lan = 1500, wan = 9000 }

  interfaces = <<EOT
%{for name, mtu in local.mtus~}
${name} ${mtu}%{if mtu > 1500} # jumbo%{endif}
%{endfor~}
EOT
}
