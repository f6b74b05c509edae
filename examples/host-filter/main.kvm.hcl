# Who may log in to this host, in a table of its own.

resource "nftables_table" "edge" {
  name = "edge"
}

resource "nftables_set" "admins" {
  table    = nftables_table.edge.name
  name     = "admins"
  type     = "ipv4_addr"
  flags    = ["interval"]
  elements = ["10.0.0.0/24", "192.0.2.7"]
}

resource "nftables_chain" "input" {
  table    = nftables_table.edge.name
  name     = "input"
  type     = "filter"
  hook     = "input"
  priority = "filter - 10"
}

resource "nftables_rule" "ssh" {
  table = nftables_table.edge.name
  chain = nftables_chain.input.name
  rule  = "tcp dport 22 ip saddr != @${nftables_set.admins.name} counter drop"
}
