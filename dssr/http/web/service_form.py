"""The form of a service: its fields as a browser sends them -> the members of a service, or what is
wrong with which field. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dssr.form.writing import cleaned
from dssr.http.web.job_form import assignments, sbatch_options
from dssr.job import LIMIT_FORMS, time_limit

_TEXTS = ("image", "team", "directory")


@dataclass
class FilledService:
    """A form that a user has filled in. ``problems``: a sentence for each field that is wrong."""

    values: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def members(self) -> dict[str, Any]:
        """Those of ``dssr.service.ServiceSpec``, which checks them once more."""
        options = self._read("options", sbatch_options, {})
        if partition := self._text("partition"):
            options = {**options, "partition": partition}
        found: dict[str, Any] = {
            "name": self._text("name"),
            "script": cleaned(self.values.get("script", "")),
            "health": self._text("health") or "/",
            "path": self._text("path") or "/",
            "walltime": self._read("walltime", _seconds, None),
            "idle": self._read("idle", _seconds, None) or 0,
            "overlap": "no_overlap" not in self.values,
            "environment": list(map(list, self._read("environment", assignments, {}).items())),
            "options": [[name, value or ""] for name, value in options.items()],
            **{name: self._text(name) for name in _TEXTS},
        }
        if not found["script"].strip():
            self.problems["script"] = "There is no script: write how the web program is started."
        return {name: value for name, value in found.items() if value is not None}

    def _text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def _read(self, name: str, parse: Callable[[str], Any], empty: Any) -> Any:
        text = self._text(name)
        try:
            return parse(text) if text else empty
        except ValueError as error:
            self.problems[name] = f"{error}"
            return empty


def _seconds(text: str) -> int | None:
    try:
        return time_limit(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no time: write {LIMIT_FORMS}.") from None
