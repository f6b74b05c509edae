"""``libvirt_dhcp_host`` and ``libvirt_dns_host``: single entries of a network that this configuration owns, or that
somebody else does.

An entry has no metadata, so its network's lists a tag for every entry of ours. Not here: the entries that are written
inside of a ``libvirt_network``, which are that network's own.
"""
