"""Address translation: what guests send leaves with the host's address, and what the host gets is passed on to guests.

Not here: what may pass at all, and whether anybody else's rules stop it (`kvmplan_nftables.assess`).
"""
