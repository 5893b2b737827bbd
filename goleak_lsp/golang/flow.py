"""Everything that one package does with a channel, through the calls that hand it on.

Sound before complete: a use that is not understood counts as an escape.
"""

from __future__ import annotations

from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import Declared, function_of, lookup, value_of
from goleak_lsp.golang.package import DECLARATIONS, Located, Package, parameters
from goleak_lsp.golang.scope import identifiers, use_kind
from goleak_lsp.golang.syntax import GoFile, Node

MAX_DEPTH = 6
"""Calls that a channel is followed through."""

_LOOPS = ("for_statement",)


class Site(Frozen):
    """One use of a channel: ``send``, ``receive``, ``range``, ``close``, ``size`` or ``escape``.

    ``node`` is the statement or expression of the use and ``name`` the channel's name in it;
    ``calls`` are the calls, outermost first, that handed the channel to where it stands.
    """

    kind: str
    path: Path
    file: GoFile
    node: Node
    name: str
    calls: tuple[Located, ...] = ()

    @property
    def function(self) -> Node:
        """The declaration or literal that the use stands in."""
        return function_of(self.node)


class Flow(Frozen):
    """A channel that a function makes: where, and every use of it in the package."""

    name: str
    origin: Located
    make: Node
    sites: tuple[Site, ...]

    @property
    def capacity(self) -> str:
        """The source of the second argument of ``make``; empty without one."""
        arguments = self.make.child_by_field_name("arguments").named_children
        return self.origin.file.text(arguments[1]) if len(arguments) > 1 else ""

    @property
    def declaration(self) -> Node:
        """The statement that makes the channel."""
        node = self.make
        while node.parent.type != "statement_list":
            node = node.parent
        return node

    def of(self, *kinds: str) -> list[Site]:
        """The sites of these kinds."""
        return [site for site in self.sites if site.kind in kinds]


def flow_of(package: Package, path: Path, file: GoFile, channel: Node) -> Flow | None:
    """The flow of the channel that the plain name ``channel`` means, if a function of the package makes it."""
    found = origin_of(package, path, file, channel)
    if found is None:
        return None
    at, declared = found
    make = value_of(declared)
    if make is None or not is_make(at.file, make) or function_of(declared.node) is None:
        return None
    return Flow(at.text, Located(at.path, at.file, declared.node), make, sites_of(package, at, declared))


def origin_of(package: Package, path: Path, file: GoFile, name: Node) -> tuple[Located, Declared] | None:
    """The name and the declaration that a plain name goes back to, through the only call of each function."""
    at = Located(path, file, name)
    for _ in range(MAX_DEPTH):
        if at.node.type != "identifier":
            return None
        declared = lookup(at.file, at.node, at.text)
        if declared is None or declared.node.type != "parameter_declaration":
            return (at, declared) if declared is not None else None
        handed = _argument(package, at, declared)
        if handed is None:
            return None
        at = handed
    return None


def sites_of(package: Package, name: Located, declared: Declared) -> tuple[Site, ...]:
    """Every use of a local variable in the package, through the calls that hand it on."""
    return tuple(_sites(package, name.path, name.file, declared, name.text, (), 0))


def is_make(file: GoFile, node: Node) -> bool:
    """Whether ``node`` is ``make(chan …)``."""
    if node.type != "call_expression" or file.text(node.child_by_field_name("function")) != "make":
        return False
    arguments = node.child_by_field_name("arguments").named_children
    return bool(arguments) and arguments[0].type == "channel_type"


def _argument(package: Package, at: Located, declared: Declared) -> Located | None:
    """What the only call of the function gives to a parameter."""
    function = function_of(declared.node)
    names = [name for name, _ in parameters(at.file, function)]
    if at.text not in names:
        return None
    call = only_call(package, at.path, at.file, function)
    arguments = call.node.child_by_field_name("arguments").named_children if call else []
    index = names.index(at.text)
    return Located(call.path, call.file, arguments[index]) if index < len(arguments) else None


def only_call(package: Package, path: Path, file: GoFile, function: Node) -> Located | None:
    """The one place that calls ``function``: None where there are more, or it is used as a value."""
    if function.type in DECLARATIONS:
        calls = package.calls(Located(path, file, function))
        return calls[0] if calls and len(calls) == 1 else None
    call = function.parent
    is_called = call.type == "call_expression" and call.child_by_field_name("function") == function
    return Located(path, file, call) if is_called else None


def _sites(
    package: Package, path: Path, file: GoFile, declared: Declared, name: str, calls: tuple[Located, ...], depth: int
) -> list[Site]:
    found: list[Site] = []
    for node in identifiers(file, function_of(declared.node), name):
        meant = lookup(file, node, name)
        if meant is None or meant.node != declared.node or _declares(declared.node, node):
            continue
        kind, whole = use_kind(file, node)
        if kind == "escape" and depth < MAX_DEPTH and (handed := _handed(package, path, file, node)):
            callee, parameter, call = handed
            found += _sites(
                package, callee.path, callee.file, parameter, _parameter_name(callee, parameter, node),
                (*calls, call), depth + 1,
            )  # fmt: skip
        else:
            found.append(Site(kind, path, file, whole, name, calls))
    return found


def _parameter_name(callee: Located, parameter: Declared, argument: Node) -> str:
    index = argument.parent.named_children.index(argument)
    return parameters(callee.file, callee.node)[index][0]


def _handed(package: Package, path: Path, file: GoFile, node: Node) -> tuple[Located, Declared, Located] | None:
    """The function that a call hands the channel to, and the parameter that takes it."""
    if node.parent.type != "argument_list" or node.parent.parent.type != "call_expression":
        return None
    call = node.parent.parent
    called = call.child_by_field_name("function")
    callee = Located(path, file, called) if called.type == "func_literal" else package.callee(file, call)
    if callee is None:
        return None
    index = node.parent.named_children.index(node)
    names = parameters(callee.file, callee.node)
    if index >= len(names) or names[index][0] == "_":
        return None
    body = callee.node.child_by_field_name("body")
    if body is None:
        return None
    parameter = _parameter(callee, names[index][0])
    return (callee, parameter, Located(path, file, call)) if parameter is not None else None


def _parameter(callee: Located, name: str) -> Declared | None:
    group = callee.node.child_by_field_name("parameters")
    for declared in group.named_children:
        if declared.type != "parameter_declaration":
            continue
        for index, node in enumerate(declared.children_by_field_name("name")):
            if callee.file.text(node) == name:
                return Declared(declared, index)
    return None


def _declares(declaration: Node, node: Node) -> bool:
    """Whether ``node`` is the name on the left of its own declaration."""
    left = declaration.child_by_field_name("left") or declaration
    return node in left.named_children or node in declaration.children_by_field_name("name")


def case_of(node: Node) -> Node | None:
    """The select case whose communication ``node`` is part of, else None."""
    while node is not None and node.type != "communication_case":
        if node.type in ("statement_list", "block"):
            return None
        node = node.parent
    return node


def has_default(site: Site) -> bool:
    """Whether the use is tried in a select with ``default``."""
    case = case_of(site.node)
    return case is not None and any(c.type == "default_case" for c in case.parent.named_children)


def in_loop(node: Node, within: Node | None = None) -> bool:
    """Whether a loop stands around ``node`` inside its function (or inside ``within``)."""
    end = within or function_of(node)
    at = node.parent
    while at is not None and at != end:
        if at.type in _LOOPS:
            return True
        at = at.parent
    return False


def go_of(function: Node) -> Node | None:
    """The ``go`` or ``defer`` statement that runs a literal on the spot."""
    call = function.parent
    if function.type != "func_literal" or call is None or call.type != "call_expression":
        return None
    return call.parent if call.parent.type in ("go_statement", "defer_statement") else None


def starts_of(site: Site, flow: Flow) -> list[Node] | None:
    """The ``go`` statements between the function that makes the channel and a use of it."""
    return starts_at(site, function_of(flow.origin.node))


def starts_at(site: Site, scope: Node) -> list[Node] | None:
    """The ``go`` statements between the function ``scope`` and a use, outermost first.

    Empty where the function itself uses it; None where a literal on the way is not run on the
    spot, so that nobody knows how often.
    """
    found: list[Node] = []
    at, calls = site.node, list(site.calls)
    while True:
        function = function_of(at)
        if function is None or function == scope:
            return found[::-1]
        call = None
        if function.type == "func_literal" and function.parent.type == "call_expression":
            call = function.parent
            if calls and calls[-1].node == call:
                calls.pop()
        elif function.type in DECLARATIONS and calls:
            call = calls.pop().node
        if call is None:
            return None
        if call.parent.type == "go_statement":
            found.append(call.parent)
        at = call


def element_text(flow: Flow) -> str:
    """The type of the channel's elements as its ``make`` writes it."""
    channel = flow.make.child_by_field_name("arguments").named_children[0]
    return flow.origin.file.text(channel.child_by_field_name("value"))
