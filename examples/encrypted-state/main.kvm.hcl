# The state and plan files are written encrypted. The passphrase comes from the environment:
#
#   export KVMPLAN_VAR_passphrase="$(pass show kvmplan/site)"
#
# A pipeline uses a key of its own instead: it sets KVMPLAN_ENCRYPTION to what stands in the block below.

variable "passphrase" {
  description = "Of the state, at least 16 characters. Without it the state is lost."
  ephemeral   = true
}

variable "wireguard_key" {
  description = "The private key of the uplink."
  sensitive   = true
  default     = null
}

kvmplan {
  encryption {
    key_provider "pbkdf2" "site" {
      passphrase = var.passphrase
    }

    method "aes_gcm" "site" {
      keys = key_provider.pbkdf2.site
    }

    state {
      method   = method.aes_gcm.site
      enforced = true
    }

    plan {
      method   = method.aes_gcm.site
      enforced = true
    }
  }
}

resource "libvirt_network" "lan" {
  name = "lan"

  ip {
    address = "192.168.150.1"
    prefix  = 24
  }
}

resource "terraform_data" "uplink" {
  input = var.wireguard_key
}
