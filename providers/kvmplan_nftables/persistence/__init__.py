"""What makes all that kvmplan made come back: after a reboot, and after nftables.service flushed the ruleset.

A file holds our tables as they are, whoever's resources are in them (`saved`), and another what is ours in tables of
others (`others`). Systemd units of ours load them when the host boots, and drop-ins to nftables.service whenever that
did (`units`). Interfaces join flowtables as they come (`devices`). All is there while something of ours is (`kept`,
`keeper`); one place writes files and tells systemd, for Docker's chain too (`boot`). Where a file says something else
than the tables, their lines (`printed`) tell whose that is (`unsaved`). Not here: what is in the tables (`table`), and
repairing what the kernel lost, which every apply does.
"""
