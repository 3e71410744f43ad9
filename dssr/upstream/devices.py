"""Pseudo-devices: requests that the upstream sends as a JSON list of ``key=value``."""

import json
import re
from dataclasses import dataclass, replace

from dssr.errors import BadRequest
from dssr.settings import Settings
from dssr.upstream.syntax import whole

_OPTION = re.compile(r"[a-z0-9][a-z0-9-]*")
# No line, command or UTF-8 file can hold these.
_UNCARRIABLE = re.compile("[\0\n\r\ud800-\udfff]")
_KINDS = "'overlay=MB', 'partition=NAME', 'exclusive=False' or 'sbatch_OPTION=VALUE'"
_LARGEST_OVERLAY = 10_000_000


@dataclass(frozen=True)
class Devices:
    """What the pseudo-devices ask for; the last one of a kind takes effect."""

    overlay_mb: int
    partition: str = ""
    exclusive: bool = True
    options: tuple[tuple[str, str], ...] = ()


def read(text: str, settings: Settings) -> Devices:
    """Read ``JOBOBJ_DEVICES``; an empty text and JSON's null are an empty list.

    Raises ``BadRequest`` for anything that is not understood: a job without its requests would run
    otherwise than its owner meant. Values are plain data: shell characters in them mean nothing.
    Which ``sbatch_*`` options a job may set is the connector's decision.
    """
    devices = Devices(settings.overlay_mb)
    for item in _listed(text):
        devices = _with(devices, item)
    return devices


def _listed(text: str) -> list[str]:
    try:
        items = json.loads(text or "[]") or []
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            "JOBOBJ_DEVICES in the job script is no valid JSON: it must be a list such as "
            f"{_SAMPLE}."
        ) from error
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise BadRequest(
            f"JOBOBJ_DEVICES in the job script must be a JSON list of texts, such as {_SAMPLE}."
        )
    return items


_SAMPLE = '["partition=batch", "sbatch_qos=high"]'


def _with(devices: Devices, item: str) -> Devices:
    key, equals, value = (part.strip() for part in item.partition("="))
    if not equals or not key or _UNCARRIABLE.search(item):
        raise BadRequest(
            f"The pseudo-device {item[:60]!r} in JOBOBJ_DEVICES must be 'key=value' on one line."
        )
    if key == "overlay":
        size = whole(value, "The pseudo-device 'overlay' in JOBOBJ_DEVICES", 0, _LARGEST_OVERLAY)
        return replace(devices, overlay_mb=size)
    if key == "partition":
        return replace(devices, partition=value)
    if key == "exclusive":
        return replace(devices, exclusive=_flag(value))
    if key.startswith("sbatch_"):
        option = _option(key.removeprefix("sbatch_"))
        return replace(devices, options=(*devices.options, (option, value)))
    raise BadRequest(
        f"The pseudo-device {item[:60]!r} in JOBOBJ_DEVICES is not known: use {_KINDS}."
    )


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise BadRequest(
            f"The pseudo-device 'exclusive' in JOBOBJ_DEVICES is {value[:40]!r}: it must be True "
            "or False."
        )
    return value.lower() == "true"


def _option(name: str) -> str:
    option = name.replace("_", "-")
    if not _OPTION.fullmatch(option):
        raise BadRequest(
            f"'sbatch_{name[:60]}' in JOBOBJ_DEVICES is no option: use lower-case letters, digits, "
            "'-' and '_'."
        )
    return option
