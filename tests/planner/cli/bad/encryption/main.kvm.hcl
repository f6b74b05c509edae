variable "passphrase" {
  default = "short"
}

kvmplan {
  encryption {
    key_provider "pbkdf" "a" {
      passphrase = var.passphrase
    }
    key_provider "pbkdf2" "b" {
      passphrase = var.passphrase
      iterations = 1000
      path       = "here"
    }
    key_provider "env" "c" {}
    key_provider "env" "c" {
      variable = "KEY"
    }
    method "aes_gcm" "main" {
      keys = key_provider.pbkdf2.bb
    }
    method "rot13" "main" {}
    method "unencrypted" "before" {}
    state {
      method   = method.aes_gcm.main
      enforced = true
      fallback {
        method = method.unencrypted.before
      }
    }
    plan {
      method = "aes_gcm"
    }
    backend {}
  }
}
