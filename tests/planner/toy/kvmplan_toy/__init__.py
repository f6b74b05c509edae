"""A provider for the engine's tests, installed as any third-party plugin is: this folder on the path is enough.

Its host system is a JSON file, the world (`kvmplan_toy.world`), which is strict: a name can be taken once, a part needs
its parent, a parent cannot go before its parts, and what is not there can be neither changed nor deleted. A wrong
order, an object made twice and an orphan therefore fail or are seen. The world can be told to fail (``faults``).
"""

from kvmplan_sdk import hookimpl

from .provider import Toy


@hookimpl
def kvmplan_provider() -> Toy:
    return Toy()


__all__ = ["Toy", "kvmplan_provider"]
