variable "passphrase" {
  default   = "far-too-short"
  sensitive = true
}

locals {
  command = [local.command]
}

kvmplan {
  encryption {
    key_provider "pbkdf2" "short" {
      passphrase    = var.passphrase
      iterations    = 1000
      hash_function = "md5"
    }
    key_provider "command" "itself" {
      command = local.command
    }
    key_provider "env" "unknown" {
      variable = var.nothing
    }
    method "aes_gcm" "short" {
      keys = key_provider.pbkdf2.short
    }
    method "aes_gcm" "itself" {
      keys = key_provider.command.itself
    }
    method "aes_gcm" "unknown" {
      keys = key_provider.env.unknown
    }
    state {
      method = method.aes_gcm.short
      fallback {
        method = method.aes_gcm.itself
      }
    }
    plan {
      method = method.aes_gcm.unknown
    }
  }
}
