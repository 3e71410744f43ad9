"""Services for programs and notebooks: ``from dssr.services import start, run_sync``."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dssr.client import target
from dssr.client.errors import BadRequest
from dssr.client.local_files import files_below
from dssr.client.own_services import OwnServices
from dssr.client.served_services import AnyService, ServedService, ServedServices
from dssr.client.service import Service
from dssr.seams.services import Place
from dssr.service import LEAST_WALLTIME, ServiceSpec

SCRIPTS = ("service.sh", "run.sh", "slurm.sbatch")  # that are started in a directory
SHORTEST = LEAST_WALLTIME  # seconds
_TICK = 1.0  # seconds


def start(
    name: str,
    script: str | Path,
    *,
    cluster: str | None = None,
    url: str | None = None,
    user: str = "",
    jump: str = "",
    copy: str | Path | None = None,
    to: str = "",
    local_port: int = 0,
    environ: Mapping[str, str] = os.environ,
    **members: Any,
) -> AnyService:
    """Start a service, or join it, and lead to it; its handle, which may not be ready yet.

    ``script``: a file, or a directory that has one. ``cluster``: the login node; several with
    commas between. ``url``: of a bridge instead, which then has the address. ``copy``: a directory
    that is copied to the cluster first, where the script then runs; ``to``: where it is copied to.
    ``local_port``: on this machine. ``members``: those of ``dssr.service.ServiceSpec``, such as
    ``walltime`` in seconds. Raises ``ClientError`` or the ``DssrError`` of the cluster.
    """
    wanted = {"name": name, "script": script_of(Path(script)), **members}
    given = {"cluster": cluster, "url": url}
    chosen = target.choose(given, environ, target.read_file(environ))
    if chosen.url:
        if to:
            raise BadRequest("A bridge keeps the files of each service in one place: leave 'to'.")
        return _through_bridge(chosen, wanted, None if copy is None else Path(copy))
    own = OwnServices(chosen, {**environ, **with_login(user, jump)})
    try:
        if copy is not None:
            place = own.copy(Path(copy), to or Place(name).files, lambda _done, _all: None)
            wanted["working_directory"] = place
        after = own.up(wanted).handing_over
        return Service(own, name, wanted.get("directory", ""), local_port, after=after, owns=True)
    except BaseException:
        own.close()
        raise


def run_sync(
    hpc_system_url: str,
    local_port: int = 8000,
    username: str | None = None,
    local_hpc_script_dir: str | Path = "hpc",
    jumphost_url: str | None = None,
    jumphost_username: str | None = None,
    retries: int = 3,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Copy a directory, start the script in it as a service, and keep it at
    ``http://localhost:<local_port>`` until Ctrl-C, after which the service goes on.

    ``hpc_system_url``: ``host`` or ``user@host``; several with commas between, which are tried in
    this order. ``username``: at the login node, and unless ``jumphost_username`` is given at the
    jump host. ``retries``: after failures of the program, in a row; connections are tried again
    without that.
    """
    directory = Path(local_hpc_script_dir)
    user, _, cluster = hpc_system_url.rpartition("@")
    user = username or user
    with start(
        _name_of(directory),
        directory,
        cluster=cluster,
        user=user,
        jump=_jump(jumphost_url or "", jumphost_username or user),
        copy=directory,
        local_port=local_port,
        environ=environ,
        retries=retries,
    ) as service:
        try:
            print(f"{service.wait_ready().url} leads to {service.name}. Ctrl-C ends that.")
            while True:
                service.check()
                time.sleep(_TICK)
        except KeyboardInterrupt:
            return


def _through_bridge(
    chosen: target.Target, wanted: dict[str, Any], copy: Path | None
) -> ServedService:
    served = ServedServices(chosen)
    try:
        if copy is not None:
            found = files_below(copy)
            if found.withheld:
                raise BadRequest(f"No bridge takes files with names of keys: {found.withheld}.")
            place = Place(wanted["name"], wanted.get("directory", ""))
            served.upload(place, found.files, lambda _done, _all: None)
            wanted["files"] = {}
        after = served.up(wanted).handing_over
        return ServedService(served, wanted["name"], after=after, owns=True)
    except BaseException:
        served.close()
        raise


def examine(members: Mapping[str, Any]) -> None:
    """Raises ``BadRequest`` for members that no service can have, before anything is done."""
    ServiceSpec.of(members)


def script_of(script: Path) -> str:
    """The script's text; of a directory, that of the file in it that starts the service. Raises
    ``BadRequest``."""
    if script.is_dir():
        found = next((script / name for name in SCRIPTS if (script / name).is_file()), None)
        if found is None:
            raise BadRequest(f"{script} is a directory, and has none of {', '.join(SCRIPTS)}.")
        script = found
    try:
        return script.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{script} is no text in UTF-8: is it a program?") from error


def with_login(user: str, jump: str) -> Mapping[str, str]:
    """The variables that say how to log in; those that are empty are left to the environment."""
    given = {"JARVICE_SLURM_SSH_USER": user, "JARVICE_SLURM_SSH_JUMP": jump}
    return {name: value for name, value in given.items() if value}


def _name_of(directory: Path) -> str:
    """The directory's name, as far as a service can have it."""
    name = re.sub(r"[^a-z0-9]+", "-", directory.resolve().name.lower()).strip("-")
    return name[:63].strip("-") or "service"


def _jump(host: str, user: str) -> str:
    return f"{user}@{host}" if host and user and "@" not in host else host
