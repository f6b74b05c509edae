"""Plain building blocks in nft's own terms, in tables of the user's and of other people; never in ours.

What has a name (chains, sets, maps, counters, limits) is made in tables of ``nftables_table``, whose chain ``kvmplan``
says what is ours. A rule can stand in any chain.
"""
