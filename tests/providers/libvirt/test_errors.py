"""What libvirt says, and what kvmplan makes of it."""

from __future__ import annotations

import pytest

from kvmplan_libvirt.errors import _forgotten


@pytest.mark.parametrize("said", ["'netdev_add': Duplicate ID 'hostnet1'", "'device_add': Duplicate device ID 'net1'"])
def test_what_qemu_kept_of_a_nic_is_told_with_the_way_to_take_it_out(said: str) -> None:
    told = _forgotten(f"internal error: unable to execute QEMU command {said}")
    assert "--hmp 'device_del net1'`" in told
    assert "--hmp 'netdev_del hostnet1'`" in told


def test_another_error_is_left_as_it_is() -> None:
    assert _forgotten("internal error: something else") == ""
