"""The example of a call as a command for a shell. Pure.

``DSSR_URL`` is the address of the bridge there, ``DSSR_TOKEN`` a token, ``ID`` the id of a job,
``NAME`` the name of a service.
"""

import json
import re
import shlex

from dssr.access.scopes import Scope
from dssr.http.call import Call, Example

EXAMPLE_PATH = "results.csv"  # of a job's file
_METHODS = {"GET": "", "HEAD": " -I"}  # curl's own way; with -X HEAD it would wait for a body


def example_of(path: str, method: str, call: Call) -> str:
    """The command. ``path``: with its parts in braces, which are variables of the shell."""
    assert call.described is not None
    example: Example = call.described.example
    query = f"?{example.query}" if example.query else ""
    address = path.replace("{path}", EXAMPLE_PATH)
    address = re.sub(r"\{(\w+)\}", lambda part: f"${part[1].upper()}", address)
    lines = ["curl -sS" + _METHODS.get(method, f" -X {method}")]
    if call.scope is not Scope.NONE:
        lines.append('-H "Authorization: Bearer $DSSR_TOKEN"')
    headers = dict(example.headers)
    if example.body is not None:
        headers["Content-Type"] = "application/json"
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    if example.body is not None:
        lines.append(f"-d {shlex.quote(json.dumps(example.body))}")
    if example.data:
        lines.append(f"--data-binary {shlex.quote(example.data)}")
    lines.append(f'"$DSSR_URL{address}{query}"')
    return " \\\n  ".join(lines)
