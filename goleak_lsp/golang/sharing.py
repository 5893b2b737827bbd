"""Who can reach a channel, lock or group that one activation of a function makes for itself.

Followed through closures, ``go`` statements and the parameters of functions of the package.
Sound before complete: what is not understood counts as an escape, and then nothing is known.
"""

from __future__ import annotations

from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.handing import action_of, stays
from goleak_lsp.golang.names import Declared, function_of, lookup, value_of
from goleak_lsp.golang.reach import has_goto
from goleak_lsp.golang.scope import identifiers, loop_around, node_of
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.golang.things import is_global

_GROUPS = ("sync.WaitGroup", "sync.Mutex", "sync.RWMutex")
_MAX_DEPTH = 5
_MAX_USES = 400


class Use(Frozen):
    """One thing done with a shared object: ``send``, ``receive``, ``range``, ``close``, ``done``,
    ``add``, ``wait``, ``lock``, ``unlock``, ``size`` or ``pass`` (handed on; ``to`` gets it)."""

    action: str
    routine: Routine
    start: int
    end: int
    to: Routine | None = None


class Shared:
    """An object of one activation of ``owner`` and all that is done with it.

    ``made`` is the span of its declaration; ``family`` are the functions that can reach it, by
    key; ``starts`` the ``go`` statements that hand it to goroutines, as (start, in a loop
    that does not hold the declaration). ``escapes`` says in a few words why not all is known.
    """

    def __init__(self, name: str, owner: Routine, made: tuple[int, int]) -> None:
        self.name, self.owner, self.made = name, owner, made
        self.uses: list[Use] = []
        self.family: dict[tuple, Routine] = {}
        self.escapes = ""


def shared_objects(package: Declarations, routine: Routine, name: str, offset: int, depth: int = 0) -> list[Shared]:
    """What the plain ``name`` may mean at ``offset`` of ``routine``: a channel that a function of
    the package makes, or a group or lock that is a variable of one.

    A parameter means what every caller gives it. Empty where any of that cannot be told.
    """
    file = routine.file
    node = file.node_at(offset, offset + 1)
    declared = lookup(file, node, name) if name.isidentifier() and node is not None else None
    if declared is None or is_global(declared):
        return []
    if declared.node.type == "parameter_declaration":
        return _given(package, routine.path, file, declared, depth)
    owner = file.function_at(declared.node.start_byte)
    if owner is None or not makes(file, declared):
        return []
    found = Shared(name, Routine(routine.path, file, owner), (declared.node.start_byte, declared.node.end_byte))
    _Follower(package, found).follow(found.owner, name, declared, 0)
    return [] if found.escapes else [found]


def _given(package: Declarations, path: Path, file: GoFile, declared: Declared, depth: int) -> list[Shared]:
    """The objects that the callers of a function give one of its parameters."""
    function = function_of(declared.node)
    index = _index_of(function, declared)
    if depth > _MAX_DEPTH or index is None:
        return []
    if function.type == "func_literal":
        direct = function.parent.type == "call_expression"
        direct = direct and function.parent.child_by_field_name("function") == function
        calls = [(path, file, function.parent)] if direct else []
    else:
        name = file.text(function.child_by_field_name("name"))
        calls = _calls_of(package, name) if _is_private(file, function) else []
    found: list[Shared] = []
    for where, source, call in calls:
        arguments = call.child_by_field_name("arguments").named_children
        argument = arguments[index] if index < len(arguments) else None
        if argument is not None and argument.type == "unary_expression" and argument.children[0].type == "&":
            argument = argument.child_by_field_name("operand")
        if argument is None or argument.type != "identifier":
            return []
        caller = Routine(where, source, source.function_at(call.start_byte))
        given = shared_objects(package, caller, source.text(argument), argument.start_byte, depth + 1)
        if not given:
            return []
        found += given
    return found


def _is_private(file: GoFile, function: Node) -> bool:
    """Whether only the package can call a function by its name."""
    if function.type != "function_declaration":
        return False
    name = file.text(function.child_by_field_name("name"))
    return file.package == "main" or name[:1].islower()


def _index_of(function: Node | None, declared: Declared) -> int | None:
    """The number of a parameter among the arguments of a call."""
    at = 0
    for declaration in function.child_by_field_name("parameters").named_children if function is not None else ():
        if declaration == declared.node:
            return at + declared.index if declaration.type == "parameter_declaration" else None
        at += max(1, len(declaration.children_by_field_name("name")))
    return None


def _calls_of(package: Declarations, name: str) -> list[tuple[Path, GoFile, Node]]:
    """Every call of a function of the package; empty when it is used in any other way."""
    found = []
    for path, file in package.files.items():
        for node in identifiers(file, file.root, name):
            declared = lookup(file, node, name)
            if (declared is not None and not is_global(declared)) or node.parent.type == "function_declaration":
                continue
            call = node.parent
            if call.type != "call_expression" or call.child_by_field_name("function") != node:
                return []
            if file.function_at(call.start_byte) is None:
                return []
            found.append((path, file, call))
    return found


def makes(file: GoFile, declared: Declared) -> bool:
    """Whether the declaration is ``x := make(chan T)`` or a group or lock of its own."""
    node = declared.node
    if node.type not in ("short_var_declaration", "var_spec"):
        return False
    value, written = value_of(declared), node.child_by_field_name("type")
    if value is None:
        return node.type == "var_spec" and written is not None and file.text(written) in _GROUPS
    if value.type == "call_expression":
        arguments = value.child_by_field_name("arguments").named_children
        called = file.text(value.child_by_field_name("function"))
        if called == "make":
            return bool(arguments) and arguments[0].type == "channel_type"
        return called == "new" and bool(arguments) and file.text(arguments[0]) in _GROUPS
    text = file.text(value).lstrip("&")
    return value.type in ("composite_literal", "unary_expression") and text.removesuffix("{}") in _GROUPS


class _Follower:
    """Collects the uses of one object; stops at the first escape."""

    def __init__(self, package: Declarations, found: Shared) -> None:
        self.package, self.found = package, found
        self.seen: set[tuple] = set()

    def follow(self, routine: Routine, name: str, declared: Declared, depth: int) -> None:
        """Takes up all uses of ``name`` as ``declared`` in ``routine`` and the literals in it."""
        key = (routine.path, declared.node.start_byte, declared.index)
        if key in self.seen:
            return
        self.seen.add(key)
        self.found.family[routine.key] = routine
        if depth > _MAX_DEPTH:
            return self._escape("it is handed on too often")
        file = routine.file
        for node in identifiers(file, routine.node, name):
            if self.found.escapes:
                return None
            at = lookup(file, node, name)
            if at is None or at.node != declared.node or at.index != declared.index or _declares(node, declared):
                continue
            self._use(routine, node, depth)
        return None

    def _escape(self, why: str) -> None:
        self.found.escapes = self.found.escapes or why

    def _use(self, routine: Routine, node: Node, depth: int) -> None:
        file = routine.file
        inner = Routine(routine.path, file, file.function_at(node.start_byte))
        if len(self.found.uses) > _MAX_USES or not self._closures_stay(routine, inner):
            return self._escape("a closure with it is stored or handed on")
        action, whole = action_of(file, node)
        if action == "argument":
            return self._argument(inner, node, whole, depth)
        if action == "go":
            return self._started(inner, whole)
        if action == "escape":
            return self._escape(f"{file.text(node)} is stored, returned or handed on")
        self.found.uses.append(Use(action, inner, whole.start_byte, whole.end_byte))
        return None

    def _closures_stay(self, outer: Routine, inner: Routine) -> bool:
        """Whether every literal from ``inner`` up to ``outer`` is only ever called or started."""
        file = inner.file
        while inner.key != outer.key:
            self.found.family[inner.key] = inner
            if not stays(file, inner.node) or inner.function.outer is None:
                return False
            inner = Routine(inner.path, file, file.functions[inner.function.outer])
        return True

    def _started(self, inner: Routine, call: Node) -> None:
        """Takes up ``wg.Go(f)``: the group is done with ``f`` once that ends."""
        arguments = call.child_by_field_name("arguments").named_children
        target = self._function(inner, arguments[0]) if arguments else None
        if target is None:
            return self._escape("a function that is not known is done with it")
        self.found.family[target.key] = target
        self.found.uses.append(Use("pass", inner, call.start_byte, call.end_byte, target))
        self.found.uses.append(Use("done", target, target.node.end_byte - 1, target.node.end_byte))
        return None

    def _function(self, inner: Routine, node: Node) -> Routine | None:
        """The literal or the one function of the package that an expression means."""
        file = inner.file
        if node.type == "func_literal":
            return Routine(inner.path, file, file.function_at(node.start_byte))
        if node.type != "identifier":
            return None
        name = file.text(node)
        declared = lookup(file, node, name)
        return self.package.one(name) if declared is None or is_global(declared) else None

    def _argument(self, inner: Routine, node: Node, call: Node, depth: int) -> None:
        """Follows an argument into the parameter of a function of the package or of a literal."""
        file = inner.file
        arguments = call.child_by_field_name("arguments").named_children
        index = next(i for i, a in enumerate(arguments) if a.start_byte <= node.start_byte < a.end_byte)
        called = call.child_by_field_name("function")
        target = self._function(inner, called)
        parameter = _parameter(target, index) if target else None
        if parameter is None or target.key == self.found.owner.key:
            return self._escape(f"it is handed to {file.text(called)[:60]}")
        if _copies(target.file, arguments[index], parameter):
            return None
        name = target.file.text(parameter.node.children_by_field_name("name")[parameter.index])
        self.found.uses.append(Use("pass", inner, call.start_byte, call.end_byte, target))
        self.follow(target, name, parameter, depth + 1)
        return None


def _declares(node: Node, declared: Declared) -> bool:
    """Whether the identifier is the declared name itself."""
    left = declared.node.child_by_field_name("left")
    names = left.named_children if left is not None else declared.node.children_by_field_name("name")
    return node in names


def _parameter(target: Routine, index: int) -> Declared | None:
    """The declaration of the parameter at ``index``; None for a variadic or an unnamed one."""
    at = 0
    for declaration in target.node.child_by_field_name("parameters").named_children:
        names = declaration.children_by_field_name("name")
        if declaration.type != "parameter_declaration":
            return None
        if index < at + max(1, len(names)):
            return Declared(declaration, index - at) if names else None
        at += max(1, len(names))
    return None


def _copies(file: GoFile, argument: Node, parameter: Declared) -> bool:
    """Whether the callee gets a copy of a lock or group, which wakes nobody."""
    return argument.type == "identifier" and file.text(parameter.node.child_by_field_name("type")) in _GROUPS


def runs_once_per_object(shared: Shared, routine: Routine) -> bool:
    """Whether each object has at most one goroutine of ``routine``: a literal or function that
    one ``go`` statement starts, outside any loop that does not make the object anew."""
    owner, file = shared.owner, shared.owner.file
    owner_node = node_of(file, owner.function)
    made_in = loop_around(file.node_at(*shared.made), owner_node)
    if routine.key == owner.key:
        return True
    if has_goto(owner_node):
        return False
    if routine.function.outer is not None:
        literal = routine.node
        starts = [literal] if (routine.path, routine.function.outer) == owner.key else []
    else:
        passes = [u for u in shared.uses if u.to is not None and u.to.key == routine.key]
        starts = [file.node_at(u.start, u.end) for u in passes if u.routine.key == owner.key]
        if len(starts) != len(passes):
            return False
    if len(starts) != 1:
        return False
    called = starts[0].parent if starts[0].type == "func_literal" else starts[0]
    # A closure under a name may be started from several statements.
    if called.type != "call_expression" and called.type != "argument_list":
        return False
    return loop_around(starts[0], owner_node) == made_in
