"""The upstream's job script: read what it asks for, and fill in what it leaves open. Pure.

A script with ``JOBOBJ_`` lines describes a job of the upstream's. Any other is a plain batch script: it goes to the scheduler
as it is, and nothing in it is read or replaced here.
"""

import re
import shlex
from dataclasses import replace

from dssr.errors import BadRequest
from dssr.job import JobSpec, check_name
from dssr.settings import Settings
from dssr.upstream import (
    devices as upstream_devices,
)
from dssr.upstream import (
    images,
)
from dssr.upstream import (
    placeholder as upstream_placeholder,
)
from dssr.upstream import (
    walltime as upstream_walltime,
)
from dssr.upstream.fields import Fields

SERVICE_PORT = 2228
SSH_PORT = 2227
OLDEST_DEFINITION = 2
LONGEST_SECRET = (
    100_000  # bytes; Linux takes no environment variable over 131,072 (execve(2), MAX_ARG_STRLEN)
)
_SECRET_KEYS = ("JOBOBJ_CTRSECRET", "JOBOBJ_DOCKER_SECRET")
_SECRET_LINE = re.compile(rf"^({'|'.join(_SECRET_KEYS)})=.*?(\r?)$", re.MULTILINE)


def read(
    name: str, number: int, nodes: int, source: str, held: bool, settings: Settings
) -> JobSpec:
    """What the job ``name``/``number`` on ``nodes`` nodes asks for, by its script ``source``.

    ``script``, ``parameters`` and everything else but ``secrets`` hold no credentials. Raises ``BadRequest``
    naming the argument or the key of the script that cannot be, ``TooLarge`` for a script that would grow beyond reason.
    """
    check_name(name)
    if nodes < 1:
        raise BadRequest(f"'nodes' is {nodes}: a job needs at least 1.")
    template = upstream_placeholder.parse(source)
    fields = Fields(template.lines)
    spec = JobSpec(name, number, nodes, source, source, held=held)
    if fields.describe_a_job:
        return _described(spec, template, fields, settings)
    # Its own directives say what it needs; whole nodes are not asked for in its name.
    return replace(spec, plain=True, exclusive=False)


def _described(
    spec: JobSpec, template: upstream_placeholder.Template, fields: Fields, settings: Settings
) -> JobSpec:
    """``spec`` with what the fields ask for and the template filled in."""
    version = _definition(fields)
    interactive = _interactive(fields, settings)
    devices = upstream_devices.read(fields.optional("JOBOBJ_DEVICES"), settings)
    gpus = fields.whole("JOBOBJ_GPUS", 0, 0)
    image = images.app_image(fields, settings)
    parameters = _parameters(fields, version, image, devices.overlay_mb, settings)
    return replace(
        spec,
        # Without its credentials: a registry's short-lived ones may be new when the upstream asks again for the same job.
        source=_with_secrets(spec.source, r"\1=\2"),
        script=_without_secrets(template).filled(parameters),
        contained=template.has_placeholder,
        cores=fields.whole("JARVICE_CPU_CORES", 1),
        memory_gb=fields.whole("JOBOBJ_RAM", 0, 0),
        gpus=gpus,
        walltime=upstream_walltime.seconds(fields.text("JOBOBJ_WALLTIME")),
        licenses=fields.optional("JOBOBJ_LICENSES"),
        partition=devices.partition,
        exclusive=devices.exclusive or gpus > 0 or interactive,
        interactive=interactive,
        options=devices.options,
        overlay_mb=devices.overlay_mb,
        image=image,
        parameters=parameters,
        secrets=images.secrets(fields, settings) + _own_secrets(fields),
    )


def _definition(fields: Fields) -> int:
    key = "JOBOBJ_APPDEFVERSION"
    version = fields.whole(key, 0)
    if version < OLDEST_DEFINITION:
        raise BadRequest(
            f"{key} in the job script is {version}: application definitions of version 2 and later run here."
        )
    return version


def _interactive(fields: Fields, settings: Settings) -> bool:
    interactive = fields.text("JOBOBJ_INTERACTIVE") != "False"
    if interactive and not settings.serves_interactive:
        raise BadRequest("interactive jobs are not supported on this cluster")
    return interactive


def _parameters(
    fields: Fields, version: int, image: str, overlay_mb: int, settings: Settings
) -> str:
    """The contract's exports but for the credentials; begins and ends with a newline, wherever the placeholder stands."""
    init = images.init_image(version, fields.text("JOBOBJ_ARCH"), settings)
    plain = {
        "JARVICE_JOB_SCRATCH_DIR": settings.scratch_dir,
        "JARVICE_JOB_GLOBAL_SCRATCH_DIR": settings.global_scratch_dir,
        "JARVICE_JOB_APP_IS_IN_GLOBAL_REGISTRIES": str(images.is_global(image, settings)),
        "SINGULARITYENV_JARVICE_SERVICE_PORT": str(SERVICE_PORT),
        "SINGULARITYENV_JARVICE_SSH_PORT": str(SSH_PORT),
        "JARVICE_SINGULARITY_TMPDIR": settings.tmpdir,
        "JARVICE_SINGULARITY_OVERLAY_SIZE": str(overlay_mb),
        "JARVICE_APP_IMAGE": image,
        "JARVICE_INIT_IMAGE": init,
        "SV": str(settings.verbose).lower(),
        "SV_FLAG": "-v" if settings.verbose else "-s",
        "SCHTTP_PROXY": settings.http_proxy,
        "SCHTTPS_PROXY": settings.https_proxy,
        "SCNO_PROXY": settings.no_proxy,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in plain.items()]
    # Raw, both: the node's own $USER, and a command that is shell already. The empty line is for a command that
    # ends in a backslash: it would swallow the line behind it.
    lines += ["export JOB_LOCAL_USER=$USER", f"export JARVICE_CMD={fields.text('JARVICE_CMD')}", ""]
    return "\n" + "\n".join(lines) + "\n"


def _without_secrets(template: upstream_placeholder.Template) -> upstream_placeholder.Template:
    """The template with its credentials taken from the environment, where the job step puts them."""
    return upstream_placeholder.Template(
        tuple(_with_secrets(part, r"\1=$\1\2") for part in template.parts)
    )


def _with_secrets(text: str, replaced: str) -> str:
    """``text`` with its lines that set credentials replaced. The pattern looks at each character; most texts hold none."""
    return (
        _SECRET_LINE.sub(replaced, text) if any(f"{key}=" in text for key in _SECRET_KEYS) else text
    )


def _own_secrets(fields: Fields) -> tuple[tuple[str, str], ...]:
    found = tuple(
        (key, fields.text(key)) for key in _SECRET_KEYS if key in fields
    )  # empty too: scripts run under set -u
    for key, value in found:
        if len(value.encode("utf-8", "surrogatepass")) > LONGEST_SECRET:
            raise BadRequest(
                f"{key} in the job script is over {LONGEST_SECRET} bytes, more than a job's environment can hold."
            )
    return found
