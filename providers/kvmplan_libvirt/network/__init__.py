"""``libvirt_network``: its table, planning it, and carrying changes out with as little disturbance as libvirt allows.

Not here: guests' NICs (`kvmplan_libvirt.interface`), and judging a plan as a whole (`kvmplan_libvirt.assess`).
"""
