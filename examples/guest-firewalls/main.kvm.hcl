# Guests that are not open to everybody: a bridged one on the LAN, a database behind NAT, and two tenants that never meet.

locals {
  web_mac = "52:54:00:00:00:01"
}

# Bridged: nobody reaches it but by these ports, and nobody else on the bridge sends in its name.
resource "nftables_firewall" "web" {
  family = "bridge"
  mac    = local.web_mac

  ingress {
    action   = "allow"
    protocol = "tcp"
    ports    = ["80", "443"]
  }
  ingress {
    action      = "allow"
    description = "Administrators, but not faster than that."
    protocol    = "tcp"
    ports       = ["22"]
    source      = ["$admins"]

    limit {
      rate  = "10/minute"
      burst = 10
    }
  }
  ingress {
    action     = "allow"
    protocol   = "icmp"
    icmp_types = ["echo-request"]
  }
  address_set {
    name      = "admins"
    addresses = ["10.0.0.0/24"]
  }
}

# Behind NAT: reached by the application alone, and reaches nobody but the host's DNS.
resource "nftables_firewall" "db" {
  address        = ["192.168.150.20"]
  egress_default = "reject"

  ingress {
    action   = "allow"
    protocol = "tcp"
    ports    = ["5432"]
    source   = ["192.168.150.10"]
  }
  egress {
    action = "drop"

    log {
      prefix = "db wants out: "
      rate   = "10/minute"
    }
  }
}

resource "nftables_isolation" "tenants" {
  networks = ["192.168.150.0/24", "192.168.151.0/24"]
}
