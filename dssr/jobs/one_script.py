"""A request for a job -> one batch script that asks for the same of the scheduler itself. Pure."""

from typing import Any

from dssr.errors import BadRequest
from dssr.form.amounts import limit
from dssr.form.fields import FIELD_OF, FLAGS, Form
from dssr.form.writing import script_of
from dssr.jobs.request import JobRequest


def one_script(asked: JobRequest) -> str | None:
    """The script, to be submitted without options, with the request's arguments behind it.

    ``None`` where there is none: where the bridge starts an image, where a script in another
    language than a shell has variables to set, or where the form refuses a value.
    """
    if asked.image:
        return None
    try:
        return script_for(asked)
    except BadRequest:
        return None


def script_for(asked: JobRequest) -> str:
    """The same also of a job with an image, which is then no part of it. Raises ``BadRequest`` with
    the reason where there is none."""
    return script_of(_form(asked))


def _form(asked: JobRequest) -> Form:
    fields: dict[str, Any] = {
        FIELD_OF[name]: v for name, v in asked.options.items() if name in FIELD_OF
    }
    return Form(
        command=asked.script,
        name=asked.name,
        partition=asked.partition,
        account=asked.account,
        qos=asked.qos,
        nodes=_text(asked.nodes),
        memory="" if asked.memory_mb_per_node is None else f"{asked.memory_mb_per_node}M",
        gpus=_text(asked.gpus_per_node),
        walltime="" if asked.walltime_seconds is None else limit(asked.walltime_seconds),
        working_directory=asked.working_directory,
        environment=tuple(asked.environment.items()),
        options=tuple(_options(asked).items()),
        **fields,
    )


def _options(asked: JobRequest) -> dict[str, str | None]:
    """Those that have no field, or one that is another figure."""
    others = ((name, v) for name, v in asked.options.items() if name not in FIELD_OF)
    found = {name: None if name in FLAGS and not v else v for name, v in others}
    if asked.cores_per_node is not None:  # as the bridge asks for them
        found["ntasks-per-node"] = str(asked.cores_per_node)
    if asked.constraint:
        found["constraint"] = asked.constraint
    flags = {"exclusive": asked.exclusive, "hold": asked.held}
    return found | {name: None for name, is_set in flags.items() if is_set}


def _text(count: int | None) -> str:
    return "" if count is None else str(count)
