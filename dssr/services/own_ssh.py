"""What the user's own configuration of ssh says of the way to a host."""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

_SECONDS = 5.0  # ssh asks no other machine here
_NONE = ("", "none")


def resolved(settings: Mapping[str, Any], file: str = "") -> dict[str, Any]:
    """The settings of forwards (``dssr.seams.services.Way``) in words that hold without that
    configuration, as ``ssh -G`` has them; ``identities`` are the files of keys that are there. They
    stay as they are where that configuration has no part, or ssh does not say. ``file``: the
    configuration; '': the user's own."""
    found = dict(settings)
    if not settings.get("user_configuration"):
        return found
    words = ["-F", file] if file else []
    more = (("-l", "user"), ("-p", "port"), ("-J", "jump"))
    given = [word for letter, name in more if settings.get(name)
             for word in (letter, str(settings[name]))]  # fmt: skip
    said = _ask([*words, *given], settings["hosts"][0])
    if not said:
        return found
    paths = (path.replace("~", _home(), 1) for path in said.get("identityfile", ()))
    return found | {
        "hosts": [said["hostname"][0]],
        "user": said["user"][0],
        "port": int(said["port"][0]),
        "identities": [path for path in paths if os.path.isfile(path)],
        "jump": ",".join(_hops(words, said.get("proxyjump", [""])[0])),
        "command": "".join(c for c in said.get("proxycommand", ()) if c not in _NONE),
    }


def _hops(words: Sequence[str], jump: str, depth: int = 3) -> list[str]:
    """Each jump host as user, host and port, the first one behind those of its own."""
    found: list[str] = []
    for hop in jump.split(",") if jump not in _NONE else ():
        said = _ask(words, hop if "://" in hop else f"ssh://{hop}")
        if not said:
            found.append(hop)
            continue
        if not found and depth:
            found += _hops(words, said.get("proxyjump", [""])[0], depth - 1)
        host, port = said["hostname"][0], said["port"][0]
        found.append(f"{said['user'][0]}@{f'[{host}]' if ':' in host else host}:{port}")
    return found


def _ask(words: Sequence[str], host: str) -> dict[str, list[str]]:
    """What ``ssh -G`` prints, by name; nothing where it does not."""
    command = ["ssh", *words, "-G", "--", host]
    try:
        done = subprocess.run(  # noqa: S603
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        found.setdefault(name, []).append(value)
    return found if {"hostname", "user", "port"} <= found.keys() else {}


def _home() -> str:
    """As ssh finds it, whatever HOME says."""
    return pwd.getpwuid(os.getuid()).pw_dir
