"""The values of input variables from outside: environment, files, command line; later ones win.

In order: ``KVMPLAN_VAR_name``, ``kvmplan.kvmvars.hcl`` and ``.json``, ``*.auto.kvmvars.hcl`` and ``.json`` by name,
then ``--var-file`` and ``--var`` in the order of the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kvmplan import syntax
from kvmplan.config.encryption.declared import declared, variables_of
from kvmplan.config.files import display_name
from kvmplan.config.model import Configuration, Variable
from kvmplan.lang import Scope, Value, did_you_mean, evaluate
from kvmplan.state.files import read_bytes
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, warning
from kvmplan_sdk.types import Dynamic, Primitive

ENVIRONMENT_PREFIX = "KVMPLAN_VAR_"
Ask = Callable[[Variable], str | None]
"""What a user answers who is asked for the value of a variable, as it would stand behind ``--var name=``."""
_AUTOMATIC = (".auto.kvmvars.hcl", ".auto.kvmvars.json")


@dataclass(frozen=True, slots=True)
class Given:
    """Where values come from. ``assignments``: ``name=value`` of ``--var``; ``files``: of ``--var-file``; ``order``:
    how these two stand on the command line, ``var`` and ``var-file`` in turn; files first where that is not told;
    ``ask``: the user, for what none of them has.
    """

    environment: Mapping[str, str]
    files: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    ask: Ask | None = None

    def flags(self) -> Iterator[tuple[str, str]]:
        """Each option with its value, in order."""
        left = {"var-file": iter(self.files), "var": iter(self.assignments)}
        told = (self.order.count("var-file"), self.order.count("var")) == (len(self.files), len(self.assignments))
        order = self.order if told else (*["var-file"] * len(self.files), *["var"] * len(self.assignments))
        yield from ((option, next(left[option])) for option in order)


def given_values(
    configuration: Configuration, given: Given, diagnostics: list[Diagnostic]
) -> tuple[dict[str, Value], dict[str, str]]:
    """The values by name, and the texts of the files they came from, for carets."""
    values, texts = _found_values(configuration, given, diagnostics)
    _ask_for(configuration.variables.values(), configuration, given, values, diagnostics)
    return values, texts


def _found_values(
    configuration: Configuration, given: Given, diagnostics: list[Diagnostic]
) -> tuple[dict[str, Value], dict[str, str]]:
    values: dict[str, Value] = {}
    texts: dict[str, str] = {}
    for name in configuration.variables:
        text = given.environment.get(ENVIRONMENT_PREFIX + name)
        if text is not None:
            _assign(configuration, name, text, f"{ENVIRONMENT_PREFIX}{name}", values, diagnostics)
    for path in _automatic(Path(configuration.directory)):
        _take_file(configuration, path, values, texts, diagnostics)
    for option, text in given.flags():
        if option == "var-file":
            _take_file(configuration, Path(text), values, texts, diagnostics)
        else:
            _take_assignment(configuration, text, values, diagnostics)
    return values, texts


def _ask_for(
    variables: Iterable[Variable],
    configuration: Configuration,
    given: Given,
    values: dict[str, Value],
    diagnostics: list[Diagnostic],
) -> None:
    """Ask for what has no value yet, and must have one; in the order of names."""
    if given.ask is None:
        return
    for variable in sorted(variables, key=lambda one: one.name):
        if variable.default is None and variable.name not in values:
            text = given.ask(variable)
            if text is not None:
                _assign(configuration, variable.name, text, f"{variable.name} at the prompt", values, diagnostics)


def _take_file(
    configuration: Configuration,
    path: Path,
    values: dict[str, Value],
    texts: dict[str, str],
    diagnostics: list[Diagnostic],
) -> None:
    for name, value in _read_file(path, texts, diagnostics):
        if name in configuration.variables:
            values[name] = value
        else:
            hint = did_you_mean(name, configuration.variables)
            diagnostics.append(
                warning(
                    "Value for undeclared variable",
                    f'{display_name(path)} sets "{name}", which the configuration does not declare.{hint}',
                )
            )


def _take_assignment(
    configuration: Configuration, assignment: str, values: dict[str, Value], diagnostics: list[Diagnostic]
) -> None:
    name, equals, text = assignment.partition("=")
    if not equals:
        diagnostics.append(error("Invalid --var", f'"{assignment}" is not of the form name=value.'))
    elif name not in configuration.variables:
        hint = did_you_mean(name, configuration.variables) or f' Declare it with `variable "{name}" {{}}`.'
        diagnostics.append(
            error("Value for undeclared variable", f'There is no variable "{name}" to set with --var.{hint}')
        )
    else:
        _assign(configuration, name, text, f"--var {name}", values, diagnostics)


def unsaved(configuration: Configuration) -> frozenset[str]:
    """The variables whose values no plan file keeps: ephemeral ones, and those of which keys are made."""
    ephemeral = (name for name, variable in configuration.variables.items() if variable.ephemeral)
    of_keys = variables_of(declared(configuration, []), configuration)
    return frozenset({*ephemeral, *(name for name in of_keys if name in configuration.variables)})


def unsaved_values(configuration: Configuration, given: Given, diagnostics: list[Diagnostic]) -> Mapping[str, Value]:
    """The values that a saved plan does not hold; of others it does, so none may be given."""
    apart = unsaved(configuration)
    found: list[Diagnostic] = []
    values, _ = _found_values(configuration, given, found)
    _ask_for((configuration.variables[name] for name in apart), configuration, given, values, found)
    diagnostics += (diagnostic for diagnostic in found if diagnostic.is_error)
    names = {assignment.partition("=")[0] for assignment in given.assignments} & configuration.variables.keys()
    for name in sorted(names):
        if name not in apart:
            diagnostics.append(
                error(
                    "Saved plan and a variable's value",
                    f'The plan was made with the value of "{name}" that it had then. Leave out --var {name}, or plan '
                    "again.",
                )
            )
    return {name: value for name, value in values.items() if name in apart}


def _assign(
    configuration: Configuration,
    name: str,
    text: str,
    where: str,
    values: dict[str, Value],
    diagnostics: list[Diagnostic],
) -> None:
    """A value given as text: as it is for primitive types, else an expression."""
    if isinstance(configuration.variables[name].type, (Primitive, Dynamic)):
        values[name] = text
        return
    filename = f"<value of {where}>"
    expression, problems = syntax.parse_expression(text, filename)
    scope = Scope(diagnostics=[])
    if expression is not None and not problems:
        values[name] = evaluate(expression, scope)
    found = [*problems, *scope.diagnostics]
    if found:
        diagnostics.append(
            error(
                f"Invalid value of {where}",
                f"{found[0].summary}: {found[0].detail} Its type is not a primitive one, so it is an expression: "
                "write strings in quotes.",
            )
        )


def _automatic(directory: Path) -> Iterator[Path]:
    for name in ("kvmplan.kvmvars.hcl", "kvmplan.kvmvars.json"):
        if (directory / name).is_file():
            yield directory / name
    yield from sorted(path for path in directory.iterdir() if path.name.endswith(_AUTOMATIC))


def _read_file(path: Path, texts: dict[str, str], diagnostics: list[Diagnostic]) -> Iterable[tuple[str, Value]]:
    data = read_bytes(path)
    if data is None:
        raise DiagnosticError(error(f"No variable file {path}", "It does not exist. Check the path of --var-file."))
    text = data.decode(errors="replace")
    name = display_name(path)
    texts[name] = text
    parse = syntax.parse_json_values if path.suffix == ".json" else syntax.parse_configuration
    body, problems = parse(text, name)
    diagnostics += problems
    for block in body.blocks:
        diagnostics.append(
            error("Unexpected block", "A variable file holds only `name = value` lines.", source=block.range)
        )
    scope = Scope(diagnostics=diagnostics)
    return [(attribute.name, evaluate(attribute.expression, scope)) for attribute in body.attributes.values()]
