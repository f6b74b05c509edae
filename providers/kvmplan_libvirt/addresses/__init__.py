"""The addresses that guests have on their NICs: who can tell them, and waiting for one.

Not here: the addresses that a network reserves for guests, which are configuration (`kvmplan_libvirt.network`).
"""
