"""Filtering: which connections guests may open and take, and which networks never meet.

Each firewall is a chain or two of its own behind the verdict maps of `kvmplan_nftables.table.skeleton`, which are
looked up by interface, address or MAC address: a packet costs the same with one firewall or ten thousand. ``inet``
judges what the host routes, ``bridge`` what it switches. Not here: address translation (`nat`), other people's
firewalls (`assess`).
"""
