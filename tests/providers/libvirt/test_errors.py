"""What libvirt says, and what kvmplan makes of it."""

from __future__ import annotations

from kvmplan_libvirt.errors import _forgotten


def test_a_half_of_a_nic_that_qemu_kept_is_told_with_the_way_to_take_it_out() -> None:
    told = _forgotten("internal error: unable to execute QEMU command 'netdev_add': Duplicate ID 'hostnet1'")
    assert "--hmp 'netdev_del hostnet1'`" in told
    assert _forgotten("internal error: something else") == ""
