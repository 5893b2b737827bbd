"""Writes the settings of `goleak_lsp/settings.py` into the manifest of the VS Code extension.

    python scripts/vscode_settings.py           # writes editors/vscode/package.json
    python scripts/vscode_settings.py --check   # fails when it would change
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "editors" / "vscode" / "package.json"
sys.path.insert(0, str(ROOT))

from goleak_lsp.settings import Settings, Severity  # noqa: E402  (the path must be there first)

PROGRAM = {
    "goleak.path": {
        "type": "string",
        "default": "",
        "scope": "machine-overridable",
        "markdownDescription": "The program `goleak-lsp`; empty means the one on the search path.",
    },
    "goleak.args": {
        "type": "array",
        "items": {"type": "string"},
        "default": [],
        "scope": "machine-overridable",
        "markdownDescription": "Arguments of the program.",
    },
    "goleak.trace.server": {
        "enum": ["off", "messages", "verbose"],
        "default": "off",
        "markdownDescription": "What of the conversation with the server goes to the log.",
    },
}
"""What only VS Code has; `trace.server` is its name of the setting `trace`."""

CHOICES = {
    "goleak.codeLens.scope": ["findings", "all"],
    "goleak.inlayHints.enabled": ["auto", "on", "off"],
    **{f"goleak.severity.{name}": ["error", "warning", "information", "hint", "off"] for name in Severity._fields},
}

ITEMS = {
    "goleak.sources": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "required": ["url"],
                "properties": {
                    "name": {"type": "string"},
                    "url": {"type": "string"},
                    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        ]
    },
    "goleak.ignore": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("function", "file", "createdBy", "label", "reason")},
    },
    "goleak.pathMap": {
        "type": "object",
        "required": ["from", "to"],
        "properties": {"from": {"type": "string"}, "to": {"type": "string"}},
    },
}


def properties() -> dict[str, dict]:
    """Every setting under its dotted name, in the order of the source."""
    found = PROGRAM | section("goleak", Settings())
    del found["goleak.trace"]
    return found


def section(prefix: str, values) -> dict[str, dict]:
    """The settings of one table and of those in it, each as a property of a JSON schema."""
    documentation, found = _documentation(type(values)), {}
    for field, value in values._asdict().items():
        name = f"{prefix}.{field}"
        if hasattr(value, "_asdict"):
            found |= section(name, value)
        else:
            found[name] = _property(name, value) | {"markdownDescription": documentation[field]}
    return found


def _property(name: str, default: object) -> dict:
    if name in CHOICES:
        return {"enum": CHOICES[name], "default": default}
    if isinstance(default, tuple):
        return {"type": "array", "items": ITEMS[name], "default": list(default)}
    if default is None:
        return {"type": ["string", "null"], "default": None}
    if isinstance(default, bool):
        return {"type": "boolean", "default": default}
    if isinstance(default, int | float):
        return {"type": "number", "minimum": 0, "default": default}
    return {"type": "string", "default": default}


def _documentation(table: type) -> dict[str, str]:
    """The docstrings that stand under the fields of a table."""
    body = ast.parse(inspect.getsource(table)).body[0].body
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }


def manifest() -> str:
    """The manifest with the settings as they are now."""
    data = json.loads(MANIFEST.read_text())
    data["contributes"]["configuration"]["properties"] = properties()
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    new = manifest()
    if MANIFEST.read_text() == new:
        return 0
    if "--check" in sys.argv:
        print(f"{MANIFEST} is behind the settings: run {sys.argv[0]}", file=sys.stderr)
        return 1
    MANIFEST.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
