"""One Go file as tree-sitter reads it: functions under their runtime names, and what blocks.

Extraction asks tree-sitter's queries and touches only what they match, so that its cost
follows the number of functions and operations and not the size of the tree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, cached_property
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

from tree_sitter import Language, Node, Parser, Point, Query, QueryCursor, Tree

from goleak_lsp.frozen import Frozen
from goleak_lsp.text import LineIndex


def _grammar() -> object:
    """The grammar of tree-sitter-go without the rest of its package, which takes 5 ms to import."""
    package = PathFinder.find_spec("tree_sitter_go")
    found = PathFinder.find_spec("_binding", package.submodule_search_locations) if package else None
    if found is None:
        from tree_sitter_go import language

        return language()
    binding = module_from_spec(found)
    found.loader.exec_module(binding)
    return binding.language()


LANGUAGE = Language(_grammar())
_QUERY = Query(
    LANGUAGE,
    """
    (function_declaration) @function
    (method_declaration) @function
    (func_literal) @function
    (send_statement) @send
    (unary_expression operator: "<-") @receive
    (range_clause) @range
    (select_statement) @select
    (call_expression) @call
    (go_statement) @go
    (return_statement) @return
    (import_spec) @import
    (package_clause) @package
    """,
)

_LOCKS = {"Lock": "mutex-lock", "RLock": "rwmutex-rlock", "Wait": "wait"}
_BLOCKING = (b"Lock", b"Wait", b"Sleep")
_COMM = ("communication_case",)


class Function(Frozen):
    """A function, method or literal.

    ``name`` is the runtime's, without the package: ``(*T).m``, ``F.func1``. ``start`` and
    ``line`` are those of the keyword ``func``, as profiles' start lines are.
    """

    name: str
    index: int
    outer: int | None
    start: int
    end: int
    line: int
    end_line: int

    @property
    def is_closure(self) -> bool:
        """Whether it is a function literal."""
        return ".func" in self.name


class Operation(Frozen):
    """Something that can block, or a call that can hold something that does.

    ``line`` is the line that Go's runtime reports for it; ``operand`` the source of the
    channel or receiver; ``cases`` the number of communications of a select, ``has_default``
    whether it has a default; ``in_select`` marks a communication of a select of several.
    """

    kind: str
    function: int
    line: int
    start: int
    end: int
    operand: str = ""
    comma_ok: bool = False
    in_select: bool = False
    deferred: bool = False
    cases: int = 0
    has_default: bool = False


class GoFile:
    """An immutable snapshot of one parsed file; what it offers is computed when asked for."""

    def __init__(self, data: bytes, tree: Tree) -> None:
        self.data = data
        self.tree = tree

    @classmethod
    def parse(cls, data: bytes, previous: GoFile | None = None, edits: Sequence[tuple[int, int, int]] = ()) -> GoFile:
        """Parses ``data``; with ``previous`` and the ``edits`` (start, old end, new end) since
        then, only what they touched. Never fails: broken source gives a tree with errors."""
        parser = Parser(LANGUAGE)
        if previous is None or not edits:
            return cls(data, parser.parse(data))
        old = previous.tree.copy()
        # Points are not used for byte-only edits, but must not contradict the offsets' order.
        for start, old_end, new_end in edits:
            old.edit(start, old_end, new_end, Point(0, start), Point(0, old_end), Point(0, new_end))
        return cls(data, parser.parse(data, old))

    @cached_property
    def lines(self) -> LineIndex:
        """The index of lines."""
        return LineIndex(self.data)

    @property
    def root(self) -> Node:
        """The root of the tree."""
        return self.tree.root_node

    @property
    def has_errors(self) -> bool:
        """Whether the source does not parse."""
        return self.tree.root_node.has_error

    @cached_property
    def _found(self) -> dict[str, list[Node]]:
        found = QueryCursor(_QUERY).captures(self.tree.root_node)
        return {name: sorted(nodes, key=lambda n: n.start_byte) for name, nodes in found.items()}

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def text_of(self, function: Function) -> str:
        """The source of a function."""
        return self.data[function.start : function.end].decode("utf-8", "replace")

    @cached_property
    def identifiers(self) -> dict[str, list[Node]]:
        """Every plain identifier by its text, in source order."""
        return self._by_text(_identifiers())

    @cached_property
    def fields(self) -> dict[str, list[Node]]:
        """Every identifier that stands for a field or method, by its text, in source order."""
        return self._by_text(_fields())

    @cached_property
    def comments(self) -> list[Node]:
        """Every comment, in source order."""
        return sorted(QueryCursor(_comments()).captures(self.root).get("comment", []), key=lambda n: n.start_byte)

    def _by_text(self, query: Query) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in QueryCursor(query).captures(self.tree.root_node).get("name", []):
            found.setdefault(self.text(node), []).append(node)
        for nodes in found.values():
            nodes.sort(key=lambda node: node.start_byte)
        return found

    @cached_property
    def package(self) -> str:
        """The name in the package clause, empty if there is none."""
        nodes = self._found.get("package", [])
        return self.text(nodes[0].named_children[0]) if nodes and nodes[0].named_children else ""

    @cached_property
    def imports(self) -> dict[str, str]:
        """Import paths by the name that they have in this file."""
        found = {}
        for node in self._found.get("import", []):
            path_node, name = node.child_by_field_name("path"), node.child_by_field_name("name")
            path = self.text(path_node).strip('"`') if path_node else ""
            found[self.text(name) if name else _default_name(path)] = path
        return found

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """All functions in order of their start, each before the literals in it."""
        return tuple(_functions(self, self._found.get("function", [])))

    def function_at(self, offset: int) -> Function | None:
        """The innermost function that holds the byte at ``offset``."""
        at = bisect_right(self.functions, offset, key=lambda f: f.start) - 1
        while at >= 0:
            function = self.functions[at]
            if function.start <= offset < function.end:
                return function
            at = function.outer if function.outer is not None else -1
        return None

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Everything in the file that can block, in source order."""
        found = [op for op in map(self._operation, self._candidates()) if op]
        return tuple(sorted(found, key=lambda op: (op.start, -op.end)))

    def _candidates(self) -> list[tuple[str, Node]]:
        return [(kind, n) for kind in ("send", "receive", "range", "select", "call") for n in self._found.get(kind, [])]

    def _operation(self, candidate: tuple[str, Node]) -> Operation | None:
        kind, node = candidate
        if kind == "call" and not self._may_block(node):
            return None
        function = self.function_at(node.start_byte)
        if function is None:
            return None
        build = getattr(self, f"_{kind}")
        return build(node, function.index)

    def _may_block(self, call: Node) -> bool:
        """Whether a call's name is one of the few that block; most calls are told by this alone."""
        target = call.child_by_field_name("function")
        return target is not None and self.data[target.end_byte - 5 : target.end_byte].endswith(_BLOCKING)

    def _send(self, node: Node, function: int) -> Operation:
        channel = node.child_by_field_name("channel")
        arrow = next((c for c in node.children if c.type == "<-"), node)
        return self._communication("chan-send", node, arrow, channel, function, False)

    def _receive(self, node: Node, function: int) -> Operation:
        operand = node.child_by_field_name("operand")
        parent = node.parent.parent if node.parent and node.parent.type == "expression_list" else node.parent
        left = parent.child_by_field_name("left") if parent is not None else None
        comma_ok = left is not None and len(left.named_children) == 2
        at = node
        if comma_ok:
            at = next((c for c in parent.children if c.type in (":=", "=")), node)
        return self._communication("chan-receive", node, at, operand, function, comma_ok)

    def _communication(
        self, kind, node: Node, at: Node, channel: Node | None, function: int, comma_ok: bool
    ) -> Operation:
        case = _case_of(node)
        line = at.start_point.row + 1
        several = False
        if case is not None:
            select = case.parent
            several = _cases(select)[0] != 1 or _cases(select)[1]
            line = case.start_point.row + 1
        operand = self.text(channel) if channel is not None else ""
        return Operation(kind, function, line, node.start_byte, node.end_byte, operand, comma_ok, several)

    def _range(self, node: Node, function: int) -> Operation | None:
        loop, right = node.parent, node.child_by_field_name("right")
        left = node.child_by_field_name("left")
        # A channel gives one value; two variables mean a slice, a map or a function.
        if right is None or loop is None or (left is not None and len(left.named_children) > 1):
            return None
        if right.type in ("int_literal", "composite_literal", "interpreted_string_literal"):
            return None
        line = loop.start_point.row + 1
        return Operation("chan-range", function, line, loop.start_byte, node.end_byte, self.text(right))

    def _select(self, node: Node, function: int) -> Operation | None:
        cases, default = _cases(node)
        if cases == 1 and not default:
            return None
        kind = "select" if cases else "select-empty"
        line = node.start_point.row + 1
        end = node.start_byte + len("select")
        return Operation(kind, function, line, node.start_byte, end, cases=cases, has_default=default)

    def _call(self, node: Node, function: int) -> Operation | None:
        target = node.child_by_field_name("function")
        if target is None or target.type != "selector_expression":
            return None
        field, operand = target.child_by_field_name("field"), target.child_by_field_name("operand")
        if field is None or operand is None:
            return None
        name, receiver = self.text(field), self.text(operand)
        kind = _LOCKS.get(name)
        if name == "Sleep" and self.imports.get(receiver) == "time":
            kind = "sleep"
        if kind is None:
            return None
        deferred = node.parent is not None and node.parent.type == "defer_statement"
        line = field.start_point.row + 1
        return Operation(kind, function, line, node.start_byte, node.end_byte, receiver, deferred=deferred)

    def operations_on_line(self, line: int) -> list[Operation]:
        """The operations that the runtime reports on ``line``, in source order."""
        return self._by_line.get(line, [])

    @cached_property
    def _by_line(self) -> dict[int, list[Operation]]:
        found: dict[int, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.line, []).append(operation)
        return found

    def functions_named(self, name: str) -> list[Function]:
        """The functions of that name: several where a package has one for each system, or ``init``."""
        return self._by_name.get(name, [])

    @cached_property
    def _by_name(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for function in self.functions:
            found.setdefault(function.name, []).append(function)
        return found

    def calls_on_line(self, line: int) -> list[Operation]:
        """Calls whose called name stands on ``line``, outermost first."""
        return self._calls.get(line, [])

    @cached_property
    def _calls(self) -> dict[int, list[Operation]]:
        found: dict[int, list[Operation]] = {}
        for node in self._found.get("call", []):
            target = node.child_by_field_name("function")
            # The call of a literal begins with the literal, and yet it is the function around that calls.
            function = self.function_at(node.end_byte - 1)
            if target is None or function is None:
                continue
            field = target.child_by_field_name("field")
            # A literal is called where it ends.
            line = (field.start_point if field is not None else target.end_point).row + 1
            # What is deferred or started here is called elsewhere.
            later = node.parent is not None and node.parent.type in ("defer_statement", "go_statement")
            span = (node.start_byte, node.end_byte)
            call = Operation("call", function.index, line, *span, self.text(target), deferred=later)
            found.setdefault(line, []).append(call)
        return found

    @cached_property
    def go_statements(self) -> tuple[Operation, ...]:
        """The ``go`` statements, in source order."""
        found = []
        for node in self._found.get("go", []):
            function = self.function_at(node.start_byte)
            if function is not None:
                line = node.start_point.row + 1
                found.append(Operation("go", function.index, line, node.start_byte, node.start_byte + 2))
        return tuple(found)

    def returns_on(self, line: int, function: Function) -> bool:
        """Whether ``function`` returns on ``line``, by its closing brace or by ``return``."""
        return line == function.end_line or (line, function.index) in self._returns

    @cached_property
    def _returns(self) -> set[tuple[int, int]]:
        nodes = ((n.start_point.row + 1, self.function_at(n.start_byte)) for n in self._found.get("return", []))
        return {(line, function.index) for line, function in nodes if function is not None}

    def node_at(self, start: int, end: int) -> Node | None:
        """The smallest named node that covers the bytes."""
        return self.tree.root_node.named_descendant_for_byte_range(start, end)


def _case_of(node: Node) -> Node | None:
    """The select case whose communication ``node`` is, not one that merely holds it."""
    at = node
    while at.parent is not None and at.parent.type in (
        "receive_statement",
        "expression_list",
        "parenthesized_expression",
    ):
        at = at.parent
    case = at.parent
    if case is None or case.type != "communication_case":
        return None
    communication = case.child_by_field_name("communication")
    return case if communication is not None and communication.start_byte == at.start_byte else None


def _cases(select: Node) -> tuple[int, bool]:
    kinds = [c.type for c in select.named_children]
    return kinds.count("communication_case"), "default_case" in kinds


def _default_name(path: str) -> str:
    parts = path.split("/")
    last = parts[-1]
    if len(parts) > 1 and last[:1] == "v" and last[1:].isdigit():
        last = parts[-2]
    return last.split(".v")[0] if path.startswith("gopkg.in/") else last


def _functions(file: GoFile, nodes: list[Node]) -> list[Function]:
    found: list[Function] = []
    open_: list[Function] = []
    literals: dict[object, int] = {}
    inits = 0
    for node in nodes:
        while open_ and open_[-1].end <= node.start_byte:
            open_.pop()
        outer = open_[-1] if open_ else None
        if node.type == "func_literal":
            name = _literal_name(outer, literals)
        else:
            name = _declared_name(file, node)
            if name == "init":
                name, inits = f"init.{inits}", inits + 1
        function = Function(
            name, len(found), outer.index if outer else None, node.start_byte, node.end_byte,
            node.start_point.row + 1, node.end_point.row + 1,
        )  # fmt: skip
        found.append(function)
        open_.append(function)
    return found


def _literal_name(outer: Function | None, literals: dict[object, int]) -> str:
    """``F.func1``, in it ``F.func1.1``; in package variables ``init.func1``."""
    key = outer.index if outer else None
    literals[key] = literals.get(key, 0) + 1
    if outer is None:
        return f"init.func{literals[key]}"
    return f"{outer.name}.{literals[key]}" if outer.is_closure else f"{outer.name}.func{literals[key]}"


def _declared_name(file: GoFile, node: Node) -> str:
    name_node = node.child_by_field_name("name")
    name = file.text(name_node) if name_node is not None else ""
    receiver = node.child_by_field_name("receiver")
    if receiver is None:
        return name + ("[...]" if node.child_by_field_name("type_parameters") is not None else "")
    declared = next((c for c in receiver.named_children if c.type == "parameter_declaration"), None)
    type_node = declared.child_by_field_name("type") if declared is not None else None
    if type_node is None:
        return name
    pointer = type_node.type == "pointer_type"
    base = type_node.named_children[0] if pointer and type_node.named_children else type_node
    if base.type == "generic_type":
        inner = base.child_by_field_name("type")
        text = f"{file.text(inner)}[...]" if inner is not None else ""
    else:
        text = file.text(base)
    return f"(*{text}).{name}" if pointer else f"{text}.{name}"


@cache
def _identifiers() -> Query:
    return Query(LANGUAGE, "(identifier) @name")


@cache
def _fields() -> Query:
    return Query(LANGUAGE, "(field_identifier) @name")


@cache
def _comments() -> Query:
    return Query(LANGUAGE, "(comment) @comment")
