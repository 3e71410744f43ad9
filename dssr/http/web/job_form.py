"""The form of a job: its fields as a browser sends them -> the request, or what is wrong with which
field. Pure.

The job runs the script as its user wrote it; the fields are members of the request, which take
precedence over its ``#SBATCH`` lines. The page shows one script that asks for all of it; a user who
edits that by hand submits it instead.
"""

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dssr.errors import BadRequest
from dssr.form.amounts import limit, megabytes, sbatch_limit
from dssr.form.fields import FLAGS, OPTION_OF, Form, problems
from dssr.form.writing import cleaned, script_of
from dssr.http.web.filled_fields import FilledFields
from dssr.http.web.template_origin import without_origin
from dssr.job import time_limit
from dssr.jobs.request import JobRequest
from dssr.record import JobRecord

# What the form's module calls the fields that have another name in the page.
_FIELD = {"command": "script"}
_UNIT = {"memory": "M"}  # of what the form has of each node
# Fields that are options of sbatch in the request.
_AS_OPTIONS = ("tasks", "mail_type", "mail_user", "dependency")


@dataclass
class Filled(FilledFields):
    """The form of a job that a user has filled in."""

    def request(self) -> JobRequest:
        """What it asks for; of fields with problems, nothing."""
        if self.is_edited:
            return self._by_hand()
        form = self.form()
        self.problems |= {_FIELD.get(name, name): text for name, text in problems(form).items()}
        plain = JobRequest(
            script=self._script(form),
            name=form.name,
            partition=form.partition,
            account=form.account,
            qos=form.qos,
            working_directory=form.working_directory,
            environment=dict(form.environment),
            held="held" in self.values,
            exclusive="exclusive" in self.values,
            **self._beside(),
        )
        return plain if self.problems else replace(plain, **_figures(form), options=_words(form))

    @property
    def is_edited(self) -> bool:
        """Whether the script that the page has shown was edited by hand."""
        script = self._edited()
        return bool(script.strip()) and mark_of(script) != self.values.get("shown", "")

    def said(self) -> Mapping[str, str]:
        """The fields that say something: with a script that was edited by hand, that and what is no
        part of a script."""
        if not self.is_edited:
            return self.values
        names = ("name", "image", "labels", "arguments")
        return {"script": self._edited()} | {name: self.text(name) for name in names}

    def check_command(self) -> None:
        """A script in which no line is more than a comment is a problem, once it is submitted."""
        script = self._edited() if self.is_edited else cleaned(self.values.get("script", ""))
        lines = (line.strip() for line in script.splitlines())
        if not any(line and not line.startswith("#") for line in lines):
            self.problems["script"] = "The script has no command: write what the job runs."

    def _edited(self) -> str:
        return cleaned(self.values.get("batch", ""))

    def _by_hand(self) -> JobRequest:
        """The script that was edited, with what is no part of a script."""
        return JobRequest(script=self._edited(), held="held" in self.values, **self._beside())

    def _beside(self) -> dict[str, Any]:
        return {
            "image": self.text("image"),
            "labels": self.read("labels", assignments, {}),
            "arguments": tuple(self.read("arguments", shlex.split, [])),
        }

    def form(self) -> Form:
        """The fields that are a part of a script."""
        texts = {name: self.text(name) for name in OPTION_OF}
        texts["walltime"] = sbatch_limit(texts["walltime"])
        return Form(
            command=cleaned(self.values.get("script", "")),
            modules=tuple(self.text("modules").split()),
            environment=tuple(self.read("environment", assignments, {}).items()),
            options=tuple(self.read("options", sbatch_options, {}).items()),
            **texts,
        )

    def _script(self, form: Form) -> str:
        """The user's script; with modules, the lines that load them are in it."""
        if not form.modules or self.problems:
            return form.command
        try:
            return script_of(Form(command=form.command, modules=form.modules))
        except BadRequest as error:
            self.problems["script"] = error.message
            return form.command


def mark_of(script: str) -> str:
    """A digest, by which a script that was edited by hand differs from the one that was shown."""
    return hashlib.sha256(script.encode("utf-8", "replace")).hexdigest()[:16]


def values_of(job: JobRecord, script: str) -> Mapping[str, str]:
    """The fields that ask for the same as a job that there is, with its user's own labels."""
    about, given = job.about, job.resources
    values = {"name": job.ref.name, "script": script, "image": about.image}
    values["labels"] = "\n".join(f"{name}={value}" for name, value in without_origin(about.labels))
    values["working_directory"] = job.chosen_directory
    if given is None:
        return values
    values |= {"partition": given.partition, "account": given.account, "qos": given.qos}
    if given.nodes:
        values["nodes"] = str(given.nodes)
        totals = {"cores": given.cores, "gpus": given.gpus, "memory": given.memory_mb}
        each = {name: max(1, total // given.nodes) for name, total in totals.items() if total}
        values |= {name: f"{count}{_UNIT.get(name, '')}" for name, count in each.items()}
    if given.walltime:
        values["walltime"] = limit(given.walltime)
    return values


def _figures(form: Form) -> dict[str, Any]:
    """The members that are numbers."""
    return {
        "nodes": int(form.nodes) if form.nodes else None,
        "cores_per_node": int(form.cores) if form.cores else None,
        "gpus_per_node": int(form.gpus) if form.gpus else None,
        "memory_mb_per_node": megabytes(form.memory) if form.memory else None,
        "walltime_seconds": time_limit(form.walltime) if form.walltime else None,
    }


def _words(form: Form) -> dict[str, str]:
    """The options of sbatch that are no members."""
    fields = {OPTION_OF[name]: getattr(form, name) for name in _AS_OPTIONS}
    given = {option: value for option, value in fields.items() if value}
    return given | {name: value or "" for name, value in form.options}


def assignments(text: str) -> dict[str, str]:
    """Lines ``NAME=VALUE``."""
    found = {}
    for line in cleaned(text).splitlines():
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{line[:60]!r} is not NAME=VALUE: write one in each line.")
        found[name.strip()] = value
    return found


def sbatch_options(text: str) -> dict[str, str | None]:
    """Words as on a command line of sbatch: ``--nice=100 --requeue``."""
    found: dict[str, str | None] = {}
    for word in shlex.split(text):
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name or not (equals or name in FLAGS):
            raise ValueError(
                f"{word[:60]!r} is no long option of sbatch with its value: write --option=value, "
                "or --option where it takes none."
            )
        found[name] = value if equals else None
    return found
