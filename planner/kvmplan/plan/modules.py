"""The module instances of a run: a tree that grows as calls are expanded, and the ways to find one in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kvmplan.addresses import Address, Key, ModulePath, StaticPath
from kvmplan.config.model import Configuration, Resource
from kvmplan.lang import ObjectValue, Provided, Value
from kvmplan.plan.evaluation import Evaluation, Setting, assembled
from kvmplan.plan.expand import UNEXPANDED, Repetition
from kvmplan.plugins import Plugins
from kvmplan.provider_functions import ProviderFunctions
from kvmplan_sdk.backend import DEFAULT_WORKSPACE


class Modules:
    """Starts with the root module; `expand` adds what a call of it calls, and so on."""

    def __init__(
        self,
        configuration: Configuration,
        plugins: Plugins | None = None,
        *,
        moment: datetime | None = None,
        workspace: str = DEFAULT_WORKSPACE,
    ) -> None:
        self.configuration = configuration
        self._functions = (
            {
                module.path: ProviderFunctions(
                    plugins, {one.name: one.plugin for one in module.required_providers.values()}
                )
                for module in configuration.tree()
            }
            if plugins is not None
            else {}
        )
        self.setting = Setting(root=configuration.directory, workspace=workspace)
        if moment is not None:
            self.setting.moment = moment
        self.root = Evaluation(configuration, self.setting, provided=self._provided(configuration))
        self._by_path: dict[StaticPath, list[Evaluation]] = {(): [self.root]}
        self._by_module: dict[ModulePath, Evaluation] = {(): self.root}
        self._values: dict[tuple[ModulePath, str], Value] = {}

    def instances(self, path: StaticPath) -> Sequence[Evaluation]:
        """Every instance there is by now of the module at ``path``."""
        return self._by_path.get(path, ())

    def every(self) -> Iterable[Evaluation]:
        """Every instance there is by now of every module."""
        return self._by_module.values()

    def get(self, module: ModulePath) -> Evaluation | None:
        return self._by_module.get(module)

    def resource(self, address: Address) -> Resource | None:
        """The block of the resource or instance at ``address``."""
        return self.configuration.resource(address)

    def set_resource(self, resource: Address, instances: Mapping[Key, Value]) -> None:
        """What references to ``resource``, of some module instance, mean from now on."""
        evaluation = self._by_module.get(resource.module)
        if evaluation is not None:
            evaluation.set_resource(resource.within, instances)

    def expand(self, caller: Evaluation, name: str, repetition: Repetition | None) -> None:
        """Make the instances of a call; None: nobody can tell yet which there are, so that one stands for all."""
        configuration = caller.configuration.modules.get(name)
        if configuration is None:
            return
        instances: dict[Key, Evaluation] = {}
        for key, names in (UNTOLD if repetition is None else repetition).items():
            module = (*caller.module, (name, key))
            made = Evaluation(
                configuration,
                self.setting,
                module=module,
                parent=caller,
                names=names,
                provided=self._provided(configuration),
            )
            instances[key] = self._by_module[module] = made
            self._by_path.setdefault(configuration.path, []).append(made)
        self._by_path.setdefault(configuration.path, [])
        if repetition is not None:
            caller.set_called(name, lambda: self._value(caller, name, instances))

    def functions(self, path: StaticPath) -> ProviderFunctions | None:
        """The functions of providers, as the module at ``path`` calls these."""
        return self._functions.get(path)

    def _provided(self, configuration: Configuration) -> Provided | None:
        functions = self.functions(configuration.path)
        return functions.find if functions is not None else None

    def set_output(self, evaluation: Evaluation, name: str, value: Value) -> None:
        evaluation.outputs[name] = value
        if evaluation.parent is not None:
            self._values.pop((evaluation.parent.module, evaluation.module[-1][0]), None)

    def _value(self, caller: Evaluation, name: str, instances: Mapping[Key, Evaluation]) -> Value:
        """What ``module.NAME`` means in ``caller``, put together once for all who ask."""
        at = (caller.module, name)
        if at not in self._values:
            call = caller.configuration.calls[name]
            outputs: dict[Key, Value] = {key: ObjectValue(dict(one.outputs)) for key, one in instances.items()}
            self._values[at] = assembled(outputs, counted=call.count is not None, keyed=call.for_each is not None)
        return self._values[at]


UNTOLD: Repetition = {None: UNEXPANDED}
"""One instance that stands for all, when nobody can tell which there are."""
