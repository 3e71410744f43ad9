"""The form of a job, and a cluster -> what the page shows beside its fields: the script that asks
for the same, what the cluster has for each field, and what is wrong. Pure.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dssr.errors import BadRequest
from dssr.form.limits import Limits, limits_of
from dssr.form.writing import faults_of
from dssr.http.web.job_form import Filled, mark_of
from dssr.jobs.one_script import script_for
from dssr.jobs.request import JobRequest
from dssr.seams import ClusterView

_OF_THE_SCRIPT = ("batch", "shown")


@dataclass(frozen=True)
class Preview:
    """``script``: empty where there is none, for which ``why_none`` has the reason. ``beside``: a
    sentence for each thing that is no part of a script. ``fixed``: of the text, in words."""

    script: str
    mark: str
    why_none: str
    beside: Sequence[str]
    fixed: Sequence[str]
    problems: Mapping[str, str]  # by field
    limits: Limits

    def document(self) -> dict[str, Any]:
        """The same for the page's script."""
        return asdict(self)


def preview_of(values: Mapping[str, str], view: ClusterView | None) -> Preview:
    """What the fields ask for, those left out that are wrong. ``view``: ``None`` while the cluster
    does not answer."""
    fields = {name: value for name, value in values.items() if name not in _OF_THE_SCRIPT}
    whole = Filled(fields)
    whole.request()
    right = Filled({name: value for name, value in fields.items() if name not in whole.problems})
    asked = right.request()
    script, why_none = _script(asked)
    return Preview(
        script=script,
        mark=mark_of(script),
        why_none=why_none,
        beside=list(_beside(asked)),
        # A browser sends all lines with CRLF, whatever its user has written.
        fixed=faults_of(values.get("script", "").replace("\r\n", "\n")),
        problems=whole.problems,
        limits=limits_of(right.form(), view, _besides(fields)) if view else Limits(),
    )


def _besides(values: Mapping[str, str]) -> Sequence[str]:
    """What decides about the start and is no part of a script's fields, in words."""
    boxes = {"exclusive": "whole nodes", "held": "the hold"}
    return [words for name, words in boxes.items() if name in values]


def _script(asked: JobRequest) -> tuple[str, str]:
    try:
        return script_for(asked), ""
    except BadRequest as error:
        return "", error.message.removeprefix("The field 'command': ")


def _beside(asked: JobRequest) -> Sequence[str]:
    labels = ", ".join(f"{name}={value}" for name, value in asked.labels.items())
    found = {
        f"It runs in the container {asked.image}, which the bridge starts.": asked.image,
        f"Its arguments are: {shlex.join(asked.arguments)}": asked.arguments,
        f"Its labels are: {labels}": labels,
    }
    return [sentence for sentence, is_there in found.items() if is_there]
