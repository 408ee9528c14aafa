# SPDX-License-Identifier: Apache-2.0
"""The lines of docs/orgsim.md for simple-salesforce do what they say."""

import re
from pathlib import Path

ORG_OPTIONS = ("--tls",)

MANUAL = Path(__file__).parents[3] / "docs" / "orgsim.md"


def test_the_documented_lines_sign_in(org):
    # The value of an argument that the manual leaves open is the member of the start line that has its name.
    lines = snippet("simple_salesforce").replace("localhost:4601", f"localhost:{org.port}")
    lines = re.sub(r'(\w+)="…"', lambda found: f'{found[1]}="{getattr(org, found[1])}"', lines)

    names = {}
    exec(lines, names)

    assert names["org"].query("SELECT COUNT() FROM Account")["totalSize"] == 200


def snippet(word):
    """Returns the indented lines of the manual that hold a word."""
    blocks = re.findall(r"(?:^    .*\n)+", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    (found,) = [block for block in blocks if word in block]
    return "".join(line[4:] for line in found.splitlines(keepends=True))
