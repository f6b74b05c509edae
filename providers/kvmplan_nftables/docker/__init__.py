"""``nftables_docker_user_accept``: rules in DOCKER-USER, the chain that Docker leaves to others.

They are written with iptables, which refuses a chain that nft has written into. Not here: telling that Docker stops
traffic of ours (`kvmplan_nftables.assess`).
"""
