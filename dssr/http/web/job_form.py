"""The form of a job: its fields as a browser sends them -> what the job asks for, or what is wrong
with which field. Pure."""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dssr.job import LIMIT_FORMS, time_limit
from dssr.jobs.request import JobRequest
from dssr.record import JobRecord

_MEMORY = re.compile(r"([0-9]{1,9})\s*([MGT]?)B?", re.IGNORECASE)
_IN_MB = {"": 1, "M": 1, "G": 1024, "T": 1024 * 1024}
_MOST = 1_000_000
_BOM = "\ufeff"


@dataclass
class Filled:
    """A form that a user has filled in. ``problems``: a sentence for each field that is wrong."""

    values: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def request(self) -> JobRequest:
        """What it asks for, as far as there are no problems."""
        script = unix_text(self.values.get("script", ""))
        if not script.strip():
            self.problems["script"] = "Write the batch script, or choose a file with it."
        return JobRequest(
            script=script,
            nodes=self._read("nodes", _count),
            cores_per_node=self._read("cores", _count),
            memory_mb_per_node=self._read("memory", _megabytes),
            gpus_per_node=self._read("gpus", _count_or_none),
            walltime_seconds=self._read("walltime", _limit),
            environment=self._read("environment", _assignments) or {},
            labels=self._read("labels", _assignments) or {},
            options=self._read("options", _options) or {},
            arguments=tuple(self._read("arguments", shlex.split) or ()),
            held="held" in self.values,
            exclusive="exclusive" in self.values,
            name=self._text("name"),
            partition=self._text("partition"),
            account=self._text("account"),
            qos=self._text("qos"),
            constraint=self._text("constraint"),
            image=self._text("image"),
            working_directory=self._text("working_directory"),
        )

    def _text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def _read(self, name: str, parse: Callable[[str], Any]) -> Any:
        text = self._text(name)
        try:
            return parse(text) if text else None
        except ValueError as error:
            self.problems[name] = f"{error}"
            return None


def unix_text(text: str) -> str:
    """The text with Unix line ends, which browsers change, and without a byte-order mark."""
    return text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n")


def values_of(job: JobRecord, script: str) -> Mapping[str, str]:
    """The fields that ask for the same as a job that there is."""
    found = job.resources
    values = {"name": job.ref.name, "script": script, "image": job.about.image}
    if found:
        values |= {"partition": found.partition, "account": found.account}
        values["walltime"] = _clock(found.walltime) if found.walltime else ""
    if found and found.nodes and found.cores:
        values |= {"nodes": str(found.nodes), "cores": str(found.cores // found.nodes or 1)}
    return values


def _clock(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    hours = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}-{hours}" if days else hours


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,7}", text) or not 1 <= int(text) <= _MOST:
        raise ValueError(f"{text[:40]!r} is no whole number of 1 or more.")
    return int(text)


def _count_or_none(text: str) -> int:
    return 0 if text == "0" else _count(text)


def _megabytes(text: str) -> int:
    match = _MEMORY.fullmatch(text)
    if not match or int(match[1]) == 0:
        raise ValueError(f"{text[:40]!r} is no amount of memory: write 500M or 16G.")
    return int(match[1]) * _IN_MB[match[2].upper()]


def _limit(text: str) -> int | None:
    try:
        return time_limit(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no time limit: write {LIMIT_FORMS}.") from None


def _assignments(text: str) -> dict[str, str]:
    """Lines ``NAME=VALUE``."""
    found = {}
    for line in unix_text(text).splitlines():
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{line[:60]!r} is not NAME=VALUE: write one in each line.")
        found[name.strip()] = value
    return found


def _options(text: str) -> dict[str, str]:
    """Words as on a command line of sbatch: ``--mail-type=END --nice``."""
    found = {}
    for word in shlex.split(text):
        name, _, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise ValueError(
                f"{word[:60]!r} is no long option of sbatch with its value: write "
                "--option=value or --option."
            )
        found[name] = value
    return found
