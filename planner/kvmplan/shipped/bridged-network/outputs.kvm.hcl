output "name" {
  description = "The network's name, for further guests' interfaces."
  value       = libvirt_network.this.name
}

output "bridge" {
  description = "The host's bridge."
  value       = netplan_bridge.this.name
}

output "macs" {
  description = "The guests' MAC addresses, by name."
  value       = { for name, interface in libvirt_interface.guest : name => interface.mac }
}
