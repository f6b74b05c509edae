"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A loaded machine is no failure of what is tested.
settings.register_profile("kvmplan", deadline=None)
settings.load_profile("kvmplan")
