"""What makes our tables come back: after a reboot, and after nftables.service flushed the ruleset.

A file holds our tables as they are, whoever's resources are in them; a systemd unit of ours loads it when the host
boots, and a drop-in to nftables.service whenever that did. All three are there while a table of ours is. Not here: what
is in the tables (`table`), and repairing what the kernel lost, which every apply does.
"""
