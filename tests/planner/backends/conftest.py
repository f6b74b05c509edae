"""The servers that states are kept on."""

from ...plugins.backends.conftest import gitlab, postgres, seaweed

__all__ = ["gitlab", "postgres", "seaweed"]
