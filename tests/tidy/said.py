"""What the source says of a type: its words, and its fields with types, defaults and words of their own."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, is_dataclass
from enum import Enum
from types import FunctionType, ModuleType
from typing import Any, get_args, get_type_hints

WIDTH = 110


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type, as its author wrote it."""

    name: str
    type: str
    default: str
    text: str


def words_of(thing: Any) -> str:
    """The docstring, unwrapped: one line a paragraph."""
    paragraphs = inspect.cleandoc(thing.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def fields_of(kind: type) -> list[Field]:
    """Fields in the order of the source; a text below a field is about it."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    found: list[Field] = []
    for line in node.body:
        match line:
            case ast.AnnAssign(target=ast.Name(id=name)) if not ast.unparse(line.annotation).startswith("ClassVar"):
                default = "" if line.value is None else _default(line.value, sys.modules[kind.__module__])
                found.append(Field(name, ast.unparse(line.annotation), default, ""))
            case ast.Expr(value=ast.Constant(value=str() as text)) if found:
                last = found.pop()
                found.append(Field(last.name, last.type, last.default, " ".join(text.split())))
    return found


def methods_of(kind: type) -> Iterator[tuple[str, FunctionType]]:
    """Public methods, its own first and then those of the classes it is made of, in the order of the source."""
    for part in kind.__mro__:
        for name, found in vars(part).items():
            function = getattr(found, "__func__", found)
            is_seen = not name.startswith("_") and getattr(kind, name) == getattr(part, name)
            if isinstance(function, FunctionType) and is_seen:
                yield name, function


def signature_of(function: Callable[..., Any]) -> str:
    """`name(…) -> type`, without self; one parameter a line where it is long."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    module = sys.modules[function.__module__]
    given = [one for one in _parameters(node.args, module) if one not in {"self", "cls"}]
    gives = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"{node.name}({', '.join(given)}){gives}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{node.name}(", *(f"    {one}," for one in given), f"){gives}"])


def _parameters(given: ast.arguments, module: ModuleType) -> Iterator[str]:
    plain = [*given.posonlyargs, *given.args]
    required: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    with_defaults = [*zip(plain, required + given.defaults, strict=True)]
    own = [*zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    yield from (_parameter(*one, module) for one in with_defaults)
    if given.vararg or own:
        yield f"*{ast.unparse(given.vararg) if given.vararg else ''}"
    yield from (_parameter(*one, module) for one in own)
    if given.kwarg:
        yield f"**{ast.unparse(given.kwarg)}"


def _parameter(one: ast.arg, default: ast.expr | None, module: ModuleType) -> str:
    return ast.unparse(one) if default is None else f"{ast.unparse(one)} = {_default(default, module)}"


def _default(said: ast.expr, module: ModuleType) -> str:
    """A constant by its value: its name says nothing where its module is not seen."""
    match said:
        case ast.Name(id=name):
            return repr(getattr(module, name))
        case ast.Call(func=ast.Name(id="field"), keywords=[ast.keyword(arg="default_factory", value=made)]):
            return f"{ast.unparse(made)}()"
    return ast.unparse(said)


def shapes(roots: Iterable[Any], without: Iterable[type] = ()) -> list[type]:
    """The product's own types that `roots` hold, and what those hold, in the order of their first mention."""
    found: dict[type, None] = {}
    queue = list(roots)
    while queue:
        hint = queue.pop(0)
        queue[:0] = get_args(hint)
        if not isinstance(hint, type) or hint in found or hint in set(without):
            continue
        is_shape = is_dataclass(hint) or hasattr(hint, "_fields") or issubclass(hint, Enum)
        if is_shape and hint.__module__.startswith("slackwater."):
            found[hint] = None
            queue.extend(get_type_hints(hint).values())
    return list(found)


def table(kind: type) -> str:
    """The fields of a type as Markdown."""
    if issubclass(kind, Enum):
        return "One of " + ", ".join(f"`{one.value}`" for one in kind) + "."
    lines = ["| field | type | |", "|---|---|---|"]
    for field in fields_of(kind):
        typed = f"{field.type} = {field.default}" if field.default else field.type
        lines.append(f"| `{field.name}` | `{cell(typed)}` | {cell(field.text)} |")
    return "\n".join(lines)


def cell(text: str) -> str:
    """As a cell of a table."""
    return text.replace("|", "\\|")
