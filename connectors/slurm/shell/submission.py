"""Sends a job to the login node once, and reads what came of it."""

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from connectors.shared import batch, directives
from connectors.shared.options import Option
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.election import not_elected
from connectors.slurm.shell.remote import Call, NotAsked, Reply
from connectors.slurm.words import journal, records
from connectors.slurm.words.batch_script import MAPPING, batch_script
from connectors.slurm.words.options import sbatch_options
from connectors.slurm.words.partition_rules import why_never
from connectors.slurm.words.refusals import refusal, words_in
from connectors.slurm.words.states import expected_start
from dssr import request_id
from dssr.errors import CommandTimeout, OutcomeUnknown, Refused
from dssr.job import JobSpec, Submitted
from dssr.record import About, Checked

log = logging.getLogger(__name__)

# sbatch's words for a job that it would accept: _print_will_run in Slurm's src/common/slurm_opt.c
_START = re.compile(r"to start at (\d{1,11}) using(?:.* in partition (\S+))?")


@dataclass(frozen=True)
class Prepared:
    """What goes to the login node for one job: the files of its directory, and sbatch's words."""

    spec: JobSpec
    asked: Sequence[Option]  # the job's own options
    step: str
    script: str  # the batch script
    options: Sequence[str]

    @classmethod
    def of(cls, spec: JobSpec, launch: str, settings: SlurmSettings) -> "Prepared":
        """Raises ``BadRequest`` for a job that sbatch would refuse, or that must not be sent."""
        asked = directives.options_of(spec, settings.sbatch_options)
        if spec.keeps_files and not spec.working_directory:
            chosen = [option.value or "" for option in asked if option.name == "chdir"]
            spec = replace(spec, working_directory=chosen[-1] if chosen else "")
        options = sbatch_options(spec, asked, settings.sbatch_options)
        step = "" if spec.plain else batch.step_text(spec, launch, MAPPING)
        return cls(spec, asked, step, batch_script(spec, step), options)


@dataclass(frozen=True)
class Sent:
    """A job that Slurm has. ``serial``: its number in the journal, 0 where it is not in it yet."""

    submitted: Submitted
    entry: journal.Submission
    about: str  # of the entry, as it is in the job's directory
    serial: int


def send(prepared: Prepared, call: Call, number: str) -> Sent:
    """Submit once. ``number``: one of the journal's that is taken; "-" writes no entry.

    Raises what ``dssr.seams.Connector.submit`` raises.
    """
    spec = prepared.spec
    place = f"{datetime.now(UTC):%Y-%m-%d}/{spec.token}.{uuid4().hex[:12]}"
    now = time.time()
    asked = _about(prepared)
    about = journal.submission_text(spec.ref, asked, now)
    key = f"{spec.idempotency[:2]}/{spec.idempotency}" if spec.idempotency else ""
    kept = journal.job_id(f"jobs/{place}") if spec.keeps_files else ""
    secrets = batch.secrets_text(spec) if spec.secrets else ""
    files = (spec.script, prepared.step, prepared.script, secrets, about, key)
    words = (spec.token, spec.name, str(spec.number), place, call.scratch_dir, *files)
    rest = (kept, spec.working_directory, number, request_id.current(), spec.original)
    try:
        reply = call.run_program("submit", spec.ref, *words, *rest, *prepared.options)
    except NotAsked:  # nothing was sent, so the outcome is known
        raise
    except CommandTimeout as error:
        raise OutcomeUnknown(
            f"{error.message} Send the same request again: there will be one job."
        ) from error
    if reply.verdict != "elected":
        raise not_elected(reply, spec, prepared.asked)
    entry, submitted = _outcome(prepared, reply, asked, now)
    return Sent(submitted, entry, about, int(reply.value("serial") or 0))


def tried(prepared: Prepared, call: Call) -> Checked:
    """What Slurm says to the submission, which it only examines: see ``dssr.seams.ChecksJobs``."""
    spec = prepared.spec
    place = [f"--chdir={spec.working_directory}"] if spec.working_directory else []
    words = (uuid4().hex, prepared.script, *prepared.options, *place)
    reply = call.run_program("test_submission", spec.ref, *words)
    printed = reply.text_without("code")
    start = _START.search(printed)
    error = None if reply.value("code") == "0" else refusal("sbatch --test-only", printed)
    warnings = [error.message] if error else []
    refused = words_in(printed) if isinstance(error, Refused) else ""
    options = ["sbatch", *prepared.options, *place]
    partitions = reply.rest.decode("utf-8", "replace")
    if not error and (never := why_never(options, (start and start[2]) or "", partitions)):
        warnings, start = [never], None
    expected = expected_start(start[1], time.time()) if start else None
    return Checked(prepared.script, options, warnings, expected, refused)


def _about(prepared: Prepared) -> About:
    spec = prepared.spec
    if not spec.keeps_files:
        return journal.about(spec)
    given = [option.name for option in prepared.asked]
    return journal.about(spec, records.asked_for(spec, given), records.memory_per(spec, given))


def _outcome(
    prepared: Prepared, reply: Reply, asked: About, now: float
) -> tuple[journal.Submission, Submitted]:
    """A job that Slurm has, as the journal has it, and for the caller."""
    spec = prepared.spec
    directory, output = reply.value("directory") or "", reply.value("output") or ""
    entry = journal.Submission(
        directory,
        replace(spec.ref, native_id=reply.value("elected") or ""),
        spec.owner,
        round(now, 3),
        journal.with_its_directory(asked, directory, output),
        output,
    )
    shown = f"{prepared.script}\n# ---- the job script ----\n{spec.script}"
    if notice := directives.output_notice(prepared.asked, output or "the scratch directory"):
        log.info("Job %s/%s: %s", spec.name, spec.number, notice)
        shown = f"{shown.rstrip()}\n# {notice}\n"
    again = reply.value("again") is not None
    id = journal.job_id(directory)
    return entry, Submitted(entry.ref.native_id, shown, id, again)
