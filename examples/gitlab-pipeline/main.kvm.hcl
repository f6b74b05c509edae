# The state is GitLab's to keep: .gitlab-ci.yml says where, and who asks.
kvmplan {
  backend "http" {
    lock_method   = "POST"
    unlock_method = "DELETE"
  }
}

host "kvm" {
  address = "ssh://root@kvm.example.org"
}

resource "netplan_bridge" "lan" {
  host = host.kvm
  name = "br-lan"
}
