"""The upstream's job script: read what it asks for, and fill in what it leaves open. Pure.

A script with ``JOBOBJ_`` lines describes a job of the upstream's. Any other is a plain batch
script: it goes to the scheduler as it is, and nothing in it is read or replaced here.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace

from dssr.errors import BadRequest
from dssr.job import LIMIT_FORMS, JobSpec, check_name, time_limit
from dssr.settings import Settings
from dssr.upstream import devices, images
from dssr.upstream.syntax import Fields, Script, Template

SERVICE_PORT = 2228
SSH_PORT = 2227
OLDEST_DEFINITION = 2
# The connector has claimed them for the job, on its node.
_OWN_PORTS = """\
export SINGULARITYENV_JARVICE_SERVICE_PORT=$JARVICE_SERVICE_PORT
export SINGULARITYENV_JARVICE_SSH_PORT=$JARVICE_SSH_PORT
"""
# Bytes; Linux takes no environment variable over 131,072 (execve(2), MAX_ARG_STRLEN).
LONGEST_SECRET = 100_000
_SECRET_KEYS = ("JOBOBJ_CTRSECRET", "JOBOBJ_DOCKER_SECRET")
_SECRET_LINE = re.compile(rf"^({'|'.join(_SECRET_KEYS)})=.*?(\r?)$", re.MULTILINE)


def read(
    name: str, number: int, nodes: int, script: Script, held: bool, settings: Settings
) -> JobSpec:
    """What the job ``name``/``number`` on ``nodes`` nodes asks for by its script.

    All fields but ``source`` of a plain script and ``secrets`` hold no credentials. Raises
    ``BadRequest`` with the argument or the key of the script that is wrong, ``TooLarge`` for a
    script that would grow beyond reason.
    """
    check_name(name)
    if nodes < 1:
        raise BadRequest(f"'nodes' is {nodes}: a job needs at least 1.")
    spec = JobSpec(name, number, nodes, script.source, script.source, held=held)
    if script.fields.describe_a_job:
        return _described(spec, script.template, script.fields, settings)
    # Its own directives ask for what it needs; whole nodes are asked for only there.
    return replace(spec, plain=True, exclusive=False)


def _described(spec: JobSpec, template: Template, fields: Fields, settings: Settings) -> JobSpec:
    """``spec`` with what the fields ask for and the template filled in."""
    version = fields.whole("JOBOBJ_APPDEFVERSION", OLDEST_DEFINITION)
    interactive = fields.text("JOBOBJ_INTERACTIVE") != "False"
    wishes = devices.read(fields.optional("JOBOBJ_DEVICES"), settings)
    gpus = fields.whole("JOBOBJ_GPUS", 0, 0)
    image = images.app_image(fields, settings)
    parameters = _parameters(fields, version, image, wishes.overlay_mb, settings)
    if interactive:
        parameters += _OWN_PORTS
    return replace(
        spec,
        # Without its credentials: a registry's short-lived ones may be new when the upstream sends
        # the same submission again.
        source=_with_secrets(spec.source, r"\1=\2"),
        script=_without_secrets(template).filled(parameters),
        contained=template.has_placeholder,
        cores=fields.whole("JARVICE_CPU_CORES", 1),
        memory_mb=1024 * fields.whole("JOBOBJ_RAM", 0, 0),
        gpus=gpus,
        walltime=_walltime(fields),
        licenses=fields.optional("JOBOBJ_LICENSES"),
        partition=wishes.partition,
        exclusive=wishes.exclusive or gpus > 0 or interactive,
        interactive=interactive,
        ports=_range(settings.jobs_ports),
        options=wishes.options,
        overlay_mb=wishes.overlay_mb,
        image=image,
        parameters=parameters,
        secrets=images.secrets(fields, settings) + _own_secrets(fields),
    )


def site_exports(settings: Settings) -> Mapping[str, str]:
    """What executors find in the environment of each job: the site's directories and proxies."""
    return {
        "JARVICE_JOB_SCRATCH_DIR": settings.scratch_dir,
        "JARVICE_JOB_GLOBAL_SCRATCH_DIR": settings.global_scratch_dir,
        "JARVICE_SINGULARITY_TMPDIR": settings.tmpdir,
        "SCHTTP_PROXY": settings.http_proxy,
        "SCHTTPS_PROXY": settings.https_proxy,
        "SCNO_PROXY": settings.no_proxy,
    }


def _range(ports: str) -> tuple[int, int]:
    low, high = ports.split("-")
    return int(low), int(high)


def _walltime(fields: Fields) -> int | None:
    text = fields.optional("JOBOBJ_WALLTIME")
    if text.upper() in ("", "NONE"):
        return None
    try:
        return time_limit(text)
    except ValueError as error:
        raise BadRequest(
            f"JOBOBJ_WALLTIME in the job script is {text[:40]!r}: it must be {LIMIT_FORMS}, or "
            "None."
        ) from error


def _parameters(
    fields: Fields, version: int, image: str, overlay_mb: int, settings: Settings
) -> str:
    """The contract's exports without the credentials; begins and ends with a newline, wherever the
    placeholder is."""
    init = images.init_image(version, fields.text("JOBOBJ_ARCH"), settings)
    plain = {
        **site_exports(settings),
        "JARVICE_JOB_APP_IS_IN_GLOBAL_REGISTRIES": str(images.is_global(image, settings)),
        "SINGULARITYENV_JARVICE_SERVICE_PORT": str(SERVICE_PORT),
        "SINGULARITYENV_JARVICE_SSH_PORT": str(SSH_PORT),
        "JARVICE_SINGULARITY_OVERLAY_SIZE": str(overlay_mb),
        "JARVICE_APP_IMAGE": image,
        "JARVICE_INIT_IMAGE": init,
        "SV": str(settings.verbose).lower(),
        "SV_FLAG": "-v" if settings.verbose else "-s",
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in plain.items()]
    # Raw, both: the node's own $USER, and a command that is shell already. The empty line is for a
    # command that ends in a backslash: the backslash would join the next line to it.
    lines += ["export JOB_LOCAL_USER=$USER", f"export JARVICE_CMD={fields.text('JARVICE_CMD')}", ""]
    return "\n" + "\n".join(lines) + "\n"


def _without_secrets(template: Template) -> Template:
    """The template with its credentials taken from the environment, where the job step puts
    them."""
    return Template(tuple(_with_secrets(part, r"\1=$\1\2") for part in template.parts))


def _with_secrets(text: str, replaced: str) -> str:
    """``text`` with its lines that set credentials replaced."""
    # The pattern looks at each character, and most texts hold no credentials.
    if not any(f"{key}=" in text for key in _SECRET_KEYS):
        return text
    return _SECRET_LINE.sub(replaced, text)


def _own_secrets(fields: Fields) -> tuple[tuple[str, str], ...]:
    # Empty ones too: scripts run under set -u.
    found = tuple((key, fields.text(key)) for key in _SECRET_KEYS if key in fields)
    for key, value in found:
        if len(value.encode("utf-8", "surrogatepass")) > LONGEST_SECRET:
            raise BadRequest(
                f"{key} in the job script is over {LONGEST_SECRET} bytes, more than a job's "
                "environment can hold."
            )
    return found
