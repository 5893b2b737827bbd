"""Values of a type that a test can write down, and doubles for interfaces."""

from __future__ import annotations

import re

from goleak_lsp.golang.declarations import Declaration, Declarations
from goleak_lsp.golang.package import Package, parameters
from goleak_lsp.golang.syntax import GoFile, Node

_PLAIN = {
    "bool": "false", "string": '"x"', "error": 'errors.New("failed")', "any": "nil", "byte": "1", "rune": "1",
    "context.Context": "ctx", "time.Duration": "time.Millisecond", "io.Writer": "io.Discard",
    "io.Reader": 'strings.NewReader("")', "http.ResponseWriter": "httptest.NewRecorder()",
    "*http.Request": 'httptest.NewRequest("GET", "/", nil).WithContext(ctx)', "struct{}": "struct{}{}",
}  # fmt: skip
_NUMBER = re.compile(r"(u?int|float)(8|16|32|64)?|uintptr")
PATHS = {
    "context": "context", "errors": "errors", "http": "net/http", "httptest": "net/http/httptest", "io": "io",
    "strings": "strings", "time": "time",
}  # fmt: skip
"""Import paths of the packages that values name."""

_DEPTH = 3


class Values:
    """Makes values for one test; ``doubles`` are the declarations that they need, by type."""

    def __init__(self, package: Package) -> None:
        self.declarations = Declarations(package.files)
        self.doubles: dict[str, list[str]] = {}

    def of(self, file: GoFile, written: Node, depth: int = 0) -> str | None:
        """An expression of the type that ``written`` writes in ``file``; None where there is none."""
        text = file.text(written)
        if text in _PLAIN:
            return _PLAIN[text]
        if _NUMBER.fullmatch(text):
            return "1"
        if depth > _DEPTH:
            return None
        maker = getattr(self, f"_{written.type}", None)
        return maker(file, written, depth) if maker else None

    def _channel_type(self, file: GoFile, written: Node, depth: int) -> str | None:
        return f"make(chan {file.text(written.child_by_field_name('value'))})"

    def _map_type(self, file: GoFile, written: Node, depth: int) -> str | None:
        return f"{file.text(written)}{{}}"

    _slice_type = _array_type = _map_type

    def _pointer_type(self, file: GoFile, written: Node, depth: int) -> str | None:
        if not written.named_children or written.named_children[0].type != "type_identifier":
            return None
        name = file.text(written.named_children[0])
        made = self._constructor(name, pointer=True)
        if made is not None:
            return made
        literal = self._literal(name, depth)
        return f"&{literal}" if literal is not None else None

    def _type_identifier(self, file: GoFile, written: Node, depth: int) -> str | None:
        name = file.text(written)
        declared = self.declarations.types.get(name)
        if declared is None or declared.node.child_by_field_name("type_parameters") is not None:
            return None
        meant = declared.node.child_by_field_name("type")
        if meant.type == "struct_type":
            return self._constructor(name, pointer=False) or self._literal(name, depth)
        if meant.type == "interface_type":
            return self._double(name, declared, meant)
        value = self.of(declared.file, meant, depth + 1)
        return value if value is None or meant.type == "function_type" else f"{name}({value})"

    def _function_type(self, file: GoFile, written: Node, depth: int) -> str | None:
        results = self._zeros(file, written.child_by_field_name("result"))
        if results is None:
            return None
        return f"{file.text(written)} {{ return {results} }}" if results else f"{file.text(written)} {{}}"

    def _constructor(self, name: str, pointer: bool) -> str | None:
        """The call of ``NewName()`` where it takes nothing and gives the value alone."""
        for function in (f"New{name[:1].upper()}{name[1:]}", f"new{name[:1].upper()}{name[1:]}"):
            routine = self.declarations.functions.get(function)
            if routine is None or parameters(routine.file, routine.node):
                continue
            result = routine.node.child_by_field_name("result")
            if result is not None and routine.file.text(result) == ("*" if pointer else "") + name:
                return f"{function}()"
        return None

    def _literal(self, name: str, depth: int) -> str | None:
        """A literal with the fields that must not be nil."""
        declared = self.declarations.types.get(name)
        if declared is None or declared.node.child_by_field_name("type").type != "struct_type":
            return None
        fields = []
        for field, kind in self.declarations.fields(name).items():
            text = declared.file.text(kind)
            if kind.type in ("channel_type", "map_type", "function_type", "pointer_type") or self._is_interface(text):
                value = self.of(declared.file, kind, depth + 1)
                if value is None:
                    return None
                fields.append(f"{field}: {value}")
        return f"{name}{{{', '.join(fields)}}}"

    def _is_interface(self, text: str) -> bool:
        declared = self.declarations.types.get(text)
        known = declared is not None and declared.node.child_by_field_name("type").type == "interface_type"
        return known or text in ("context.Context", "io.Reader", "io.Writer")

    def _double(self, name: str, declared: Declaration, written: Node) -> str | None:
        """A value of a new type whose methods do nothing."""
        double = f"no{name[:1].upper()}{name[1:]}"
        if self.declarations.types.get(double) is not None:
            return None
        methods = []
        for part in written.named_children:
            if part.type == "comment":
                continue
            results = self._zeros(declared.file, part.child_by_field_name("result"))
            if part.type != "method_elem" or results is None:
                return None
            body = f"{{ return {results} }}" if results else "{}"
            methods.append(f"func ({double}) {declared.file.text(part)} {body}")
        lines = [f"// {double} is a {name} that does nothing.", f"type {double} struct{{}}"]
        self.doubles[name] = [*lines, *(line for method in methods for line in ("", method)), ""]
        return f"{double}{{}}"

    def _zeros(self, file: GoFile, result: Node | None) -> str | None:
        """The zero results of a function, comma-separated; None where one cannot be written."""
        if result is None:
            return ""
        kinds = [result]
        if result.type == "parameter_list":
            kinds = [kind for _, kind in parameters(file, _Results(result))]
        zeros = [self._zero(file, kind) for kind in kinds]
        return None if None in zeros else ", ".join(zeros)

    def _zero(self, file: GoFile, kind: Node) -> str | None:
        text = file.text(kind)
        if text in ("bool", "string") or _NUMBER.fullmatch(text) or text in ("byte", "rune", "time.Duration"):
            return {"bool": "false", "string": '""'}.get(text, "0")
        nils = ("pointer_type", "slice_type", "map_type", "channel_type", "function_type")
        if kind.type in nils or text in ("error", "any") or self._is_interface(text):
            return "nil"
        declared = self.declarations.types.get(text)
        is_struct = declared is not None and declared.node.child_by_field_name("type").type == "struct_type"
        return f"{text}{{}}" if is_struct else None


class _Results:
    """A result list that reads as a parameter list."""

    def __init__(self, group: Node) -> None:
        self.group = group

    def child_by_field_name(self, name: str) -> Node:
        return self.group
