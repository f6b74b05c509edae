"""Modules: where the files of a called module are. What is in them is the loader's business."""

from kvmplan.config.modules.locate import locate

__all__ = ["locate"]
