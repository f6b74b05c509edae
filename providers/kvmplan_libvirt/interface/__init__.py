"""``libvirt_interface``: a NIC of a domain that exists, plugged in while the guest runs and kept in its definition.

Not here: the domain itself, of which only the list of NICs and our own metadata are ever changed.
"""
