"""The form of a service: its fields as a browser sends them -> the members of a service, or what is
wrong with which field. Pure."""

from dataclasses import dataclass
from typing import Any

from dssr.form.amounts import sbatch_limit
from dssr.form.writing import cleaned
from dssr.http.web.filled_fields import FilledFields
from dssr.http.web.job_form import assignments, sbatch_options
from dssr.job import LIMIT_FORMS, time_limit

_TEXTS = ("image", "team", "directory")


@dataclass
class FilledService(FilledFields):
    """The form of a service that a user has filled in."""

    def members(self) -> dict[str, Any]:
        """Those of ``dssr.service.ServiceSpec``, which checks them once more."""
        options = self.read("options", sbatch_options, {})
        if partition := self.text("partition"):
            options = {**options, "partition": partition}
        found: dict[str, Any] = {
            "name": self.text("name"),
            "script": cleaned(self.values.get("script", "")),
            "health": self.text("health") or "/",
            "path": self.text("path") or "/",
            "walltime": self.read("walltime", _seconds, None),
            "idle": self.read("idle", _seconds, None) or 0,
            "overlap": "no_overlap" not in self.values,
            "environment": list(map(list, self.read("environment", assignments, {}).items())),
            "options": [[name, value or ""] for name, value in options.items()],
            **{name: self.text(name) for name in _TEXTS},
        }
        if not found["script"].strip():
            self.problems["script"] = "There is no script: write how the web program is started."
        return {name: value for name, value in found.items() if value is not None}


def _seconds(text: str) -> int | None:
    try:
        return time_limit(sbatch_limit(text))
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no time: write {LIMIT_FORMS}.") from None
