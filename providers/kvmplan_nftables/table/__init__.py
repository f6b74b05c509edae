"""What is inside nftables tables: as it is wanted (`pieces`), as nft lists it (`listing`), and from one to the other in
one batch (`batch` finds what to do, `difference` puts it in order). Not here: which pieces a resource is made of (its
own module says), and running nft (`nft`).
"""
