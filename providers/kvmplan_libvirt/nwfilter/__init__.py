"""``libvirt_nwfilter``: libvirt's filters of guests' traffic, their rules and what they include.

Not here: which filter a NIC has (`kvmplan_libvirt.interface`), and judging a plan as a whole
(`kvmplan_libvirt.assess`).
"""
