"""What the parts of one call of ``dssr`` share: the environment and the global options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Invocation:
    """One call of ``dssr``.

    ``options``: the global options that were given. ``ends_as_the_job``: whether the command exits
    with the job's code, so that its own errors need another one.
    """

    environ: Mapping[str, str]
    options: dict[str, Any] = field(default_factory=dict)
    ends_as_the_job: bool = False

    @property
    def as_json(self) -> bool:
        """Whether documents are printed instead of text for people."""
        return bool(self.options.get("json"))
