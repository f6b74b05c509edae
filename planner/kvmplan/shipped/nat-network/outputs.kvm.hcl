output "name" {
  description = "The network's name, for further guests' interfaces."
  value       = libvirt_network.this.name
}

output "bridge" {
  description = "The host's bridge of the network."
  value       = libvirt_network.this.bridge.name
}

output "gateway" {
  description = "The host's address in the network."
  value       = cidrhost(var.subnet, 1)
}

output "addresses" {
  description = "The guests' addresses, by name."
  value       = local.addresses
}

output "macs" {
  description = "The guests' MAC addresses, by name."
  value       = local.macs
}

output "forwards" {
  description = "Where each forward leads, by name, for people to read."
  value = {
    for name, forward in nftables_port_forward.this :
    name => "${forward.protocol} port ${forward.port} -> ${forward.target}:${forward.target_port}"
  }
}
