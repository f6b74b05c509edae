"""python-hcl2's grammar, patched where it deviates from HCL, compiled by our own Lark instance into parse tables.

Lark is loaded only when the tables are not in `kvmplan.cache`, as plain JSON, which unlike Lark's own pickle is safe to
load.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kvmplan import cache

_LAYOUT = 2
"""Version of the cached form."""

# Our scanner leaves out the newlines that mean nothing, so expressions need not make room for them; what remains says
# where a newline is required: after each item of a body, and between the elements of an object. Nor need names make
# room for keywords: the scanner knows where a word is one.
_NEWLINES = re.compile(r"\s*\bnew_line_or_comment\?")
_REPLACED_RULES = {
    "start": "start : body",
    "body": (
        "body : new_line_or_comment? (_item new_line_or_comment)* _item?\n"
        "_item : attribute | block\n"
        "single_line : LBRACE attribute? RBRACE\n"
        "lines : LBRACE new_line_or_comment (_item new_line_or_comment)* RBRACE"
    ),
    "_attribute_name": "_attribute_name : identifier | literal_value",
    "keyword": "",
    "block": (
        "block : _attribute_name (_attribute_name | label)* (single_line | lines)\n"
        "label : DBLQUOTE STRING_CHARS? DBLQUOTE"
    ),
    "new_line_or_comment": "new_line_or_comment : NL_OR_COMMENT",
    "string_part": (
        "string_part : STRING_CHARS | interpolation | template_if_start | template_else | template_endif\n"
        "            | template_for_start | template_endfor"
    ),
    "interpolation": "interpolation : INTERP_START expression SEQUENCE_END",
    "unary_op": "!unary_op : (MINUS | NOT) unary_expr",
    "expr_term": (
        "expr_term : parenthesized | float_lit | int_lit | string | tuple | object | identifier | literal_value\n"
        "          | function_call | heredoc_template | index_expr_term | get_attr_expr_term | attr_splat_expr_term\n"
        "          | full_splat_expr_term | for_tuple_expr | for_object_expr\n"
        "parenthesized : LPAR expression RPAR"
    ),
    "attr_splat": "attr_splat : ATTR_SPLAT",
    "full_splat": "full_splat : FULL_SPLAT_START",
    "template_string": "",
    "tuple": "tuple : LSQB (expression COMMA)* expression? RSQB",
    "object": (
        "object : LBRACE new_line_or_comment? (object_elem _separator)* object_elem? RBRACE\n"
        "_separator : COMMA new_line_or_comment? | new_line_or_comment"
    ),
    "object_elem_key": "object_elem_key : expression",
    "heredoc_template": "heredoc_template : HEREDOC_START string_part* HEREDOC_END",
    "heredoc_template_trim": "",
    "function_call": (
        "function_call : _function_name (COLONS _function_name)* LPAR arguments? RPAR\n"
        "_function_name : identifier | literal_value"
    ),
    "arguments": "arguments : expression (COMMA expression)* (COMMA | ELLIPSIS)?",
}
_ADDED = """
lone_expression : expression
lone_template : string_part*
%declare SEQUENCE_END HEREDOC_START HEREDOC_END
"""
_NAMES = ("identifier", "literal_value")
_PASSING = ("start", "expr_term", "new_line_or_comment", "object_elem_key", "lone_expression")
STARTS = ("start", "lone_expression", "lone_template")


@dataclass(frozen=True, slots=True)
class Rule:
    """One production of ``origin``; ``name`` tells those of one origin apart."""

    name: str
    origin: str
    length: int
    use: int


PASSES, SPLICED, SPLICES, BUILDS = range(4)
"""What `Rule.use` says: it passes its only child on; its children are spliced into its parent's; it has such children;
none of these."""


@dataclass(frozen=True, slots=True)
class Tables:
    """LALR tables. An action of a state on a symbol is a state to go to, or ``-1 - rule`` to reduce.

    ``settled`` is the driver's memory of where chains of reductions lead.
    """

    rules: tuple[Rule, ...]
    states: tuple[dict[str, int], ...]
    start_states: dict[str, int]
    end_states: dict[str, int]
    settled: dict[tuple[int, str, str], int] = field(default_factory=dict, compare=False, repr=False)


def patched(text: str) -> str:
    """python-hcl2's grammar as HCL has it. Raises `ValueError` when a rule to be replaced is no longer there."""
    for name, rule in _REPLACED_RULES.items():
        pattern = re.compile(rf"^[?!]?{name} *:.*\n(?:[ \t]+.*\n)*", re.MULTILINE)
        replacement = rule.replace("new_line_or_comment", "NEWLINE_HERE").replace("\\", r"\\") + "\n"
        text, found = pattern.subn(replacement, text)
        if found != 1:
            raise ValueError(f"python-hcl2's grammar has {found} rules named {name}, not one")
    text = text.replace("STRIP_MARKER? RBRACE", "SEQUENCE_END").replace("STRIP_MARKER? ", "")
    return _NEWLINES.sub("", text).replace("NEWLINE_HERE", "new_line_or_comment") + _ADDED


@functools.cache
def tables() -> Tables:
    """The parse tables, from the cache or freshly compiled."""
    text = patched(grammar_file().read_text(encoding="utf-8"))
    name = cache.digest(str(_LAYOUT).encode(), text.encode())
    data = _load(name)
    if data is None:
        data = _compile(text)
        cache.store("grammar", name, json.dumps(data, separators=(",", ":")).encode())
    return Tables(
        rules=tuple(Rule(*rule) for rule in data["rules"]),
        states=tuple(data["states"]),
        start_states=data["start_states"],
        end_states=data["end_states"],
    )


def grammar_file() -> Path:
    """Where python-hcl2 has its grammar."""
    found = find_spec("hcl2")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("python-hcl2 is not installed; install kvmplan with its dependencies")
    return Path(found.submodule_search_locations[0]) / "hcl2.lark"


def _compile(text: str) -> dict[str, Any]:
    from lark import Lark
    from lark.grammar import Rule as LarkRule
    from lark.lexer import TerminalDef

    lark = Lark(text, parser="lalr", start=list(STARTS))
    data, memo = lark.memo_serialize([TerminalDef, LarkRule])
    table = data["parser"]["parser"]
    numbers: dict[int, int] = {}
    rules: list[list[Any]] = []
    for key, entry in memo.items():
        if entry["__type__"] == "Rule":
            numbers[key] = len(rules)
            rules.append(_rule(entry))
    names = table["tokens"]
    state_numbers = {state: at for at, state in enumerate(table["states"])}
    states = [
        {
            names[token]: state_numbers[target] if action == 0 else -1 - numbers[target["@"]]
            for token, (action, target) in actions.items()
        }
        for actions in table["states"].values()
    ]
    return {
        "rules": rules,
        "states": states,
        "start_states": {name: state_numbers[state] for name, state in table["start_states"].items()},
        "end_states": {name: state_numbers[state] for name, state in table["end_states"].items()},
    }


def _rule(entry: dict[str, Any]) -> list[Any]:
    origin, options = entry["origin"]["name"], entry["options"]
    symbols = [symbol["name"] for symbol in entry["expansion"]]
    unit = len(symbols) == 1 and (
        (bool(options["expand1"]) and entry["alias"] is None)
        or (origin in _PASSING and symbols[0] not in ("identifier", "literal_value"))
        or origin in _NAMES
    )
    use = BUILDS
    if unit:
        use = PASSES
    elif origin.startswith("_"):
        use = SPLICED
    elif any(symbol.startswith("_") for symbol in symbols):
        use = SPLICES
    return [entry["alias"] or origin, origin, len(symbols), use]


def _load(name: str) -> dict[str, Any] | None:
    stored = cache.load("grammar", name)
    try:
        data = json.loads(stored) if stored is not None else None
    except ValueError:
        return None
    return data if isinstance(data, dict) and data.keys() >= {"rules", "states", "start_states", "end_states"} else None
