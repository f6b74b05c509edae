"""Modules: what their sources mean, where their files are, and getting them. What is in them is the loader's business.

Reading a configuration only locates modules; fetching is for `kvmplan init`.
"""

from kvmplan.config.modules.install import Installer
from kvmplan.config.modules.locate import locate

__all__ = ["Installer", "locate"]
