"""The code of the pages that `goleak-lsp explain` shows."""

import re
from importlib.resources import files

PAGES = files("goleak_lsp") / "docs"


def blocks(page: str) -> list[tuple[str, str, str]]:
    """The section's heading, the role and the code of every marked block."""
    found, heading = [], ""
    for match in re.finditer(r"^#+ ([^\n]+)$|^```go (\w+)\n(.*?)^```$", (PAGES / page).read_text("utf-8"), re.M | re.S):
        if match[1]:
            heading = match[1]
        else:
            found.append((heading, match[2], match[3]))
    return found


def pairs(page: str) -> dict[str, dict[str, str]]:
    """The code by section and role."""
    found: dict[str, dict[str, str]] = {}
    for heading, role, code in blocks(page):
        found.setdefault(heading, {})[role] = code
    return found
