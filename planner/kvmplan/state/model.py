"""The state document in memory: immutable, so that a run can keep what it started from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address
from kvmplan.lane import Lane
from kvmplan.state.check_results import CheckResult
from kvmplan_sdk import types
from kvmplan_sdk.values import Object, Path, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One object that is ours. ``host``: its host's name; ``provider``: the plugin that made it (that of its type,
    unless said otherwise), and ``configuration`` which of its configurations it used; ``dependencies``: the instances
    it refers to directly, or the resource, where it refers to all instances of one; sorted. ``created_first``: whether
    its replacement is created first; ``tag``: the address that the object carries, where it has moved since,
    or that it carries none (`kvmplan_sdk.provider.UNTAGGED`);
    ``tainted``: whether the next plan makes it anew; ``keep``: whether it is only forgotten where it would go.
    """

    address: Address
    host: str
    values: Object
    provider: str = ""
    configuration: str = ""
    private: Object = field(default_factory=dict)
    schema_version: int = 0
    dependencies: tuple[Address, ...] = ()
    sensitive: tuple[Path, ...] = ()
    prevent_destroy: bool = False
    created_first: bool = False
    tag: str = ""
    tainted: bool = False
    keep: bool = False

    def __post_init__(self) -> None:
        if not self.provider:
            object.__setattr__(self, "provider", self.address.provider)

    @property
    def tagged(self) -> str:
        """The address by which the provider knows the object."""
        return self.tag or str(self.address.current)

    def moved_to(self, address: Address) -> Instance:
        """The same object under another address; it carries the old one until it is tagged anew."""
        return replace(self, address=address, tag="" if str(address.current) == self.tagged else self.tagged)

    @property
    def lane(self) -> Lane:
        return Lane(self.host, self.provider, self.configuration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    value: Value
    type: types.Type
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """``hosts``: the address of every host that has objects here, by name, so that they are found without its
    block; ``checks``: what became of conditions in the last run that could tell, sorted.
    """

    lineage: str
    serial: int = 0
    instances: Mapping[Address, Instance] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[CheckResult, ...] = ()

    def with_instances(self, more: Mapping[Address, Instance]) -> State:
        return replace(self, instances={**self.instances, **more}) if more else self

    def next(
        self, *, instances: Mapping[Address, Instance], outputs: Mapping[str, Output], hosts: Mapping[str, str]
    ) -> State:
        """The state after this one, keeping only the hosts in use."""
        used = {instance.host for instance in instances.values()}
        return replace(
            self,
            serial=self.serial + 1,
            instances=instances,
            outputs=outputs,
            hosts={name: address for name, address in sorted(hosts.items()) if name in used},
        )


def stored(instances: Mapping[Address, Instance]) -> Mapping[Address, Instance]:
    """What of ``instances`` goes into a state: what data sources were read as is known for one run alone."""
    return {address: instance for address, instance in instances.items() if address.mode == "managed"}


def new_state(lineage: str | None = None) -> State:
    return State(lineage=lineage or str(uuid.uuid4()))
