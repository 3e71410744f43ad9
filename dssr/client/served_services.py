"""The services that a bridge holds: their addresses are at the bridge's machine."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from dssr.client.answers import read_json
from dssr.client.download import Progress
from dssr.client.errors import BadRequest, NotFound, WaitTimeout
from dssr.client.own_services import Document, OwnServices
from dssr.client.service import Service, ServiceEnded, raise_failure
from dssr.client.session import Body, Session
from dssr.client.target import Target
from dssr.client.upload import Upload
from dssr.client.urls import quoted_path
from dssr.seams.services import Place, Started
from dssr.services.manual import Manual

_EVERY = 1.0  # seconds between two looks at a service
_ENDED = 150.0  # seconds for the jobs of a service to end before its folder is removed
_STARTED, _HANDS_OVER = 201, 202  # HTTP statuses
OVER = ("failed", "stopped")
_PART = 1 << 20  # bytes of output that the bridge sends at once
# The names of the API's members, which have units.
_MEMBERS = {
    "walltime": "walltime_seconds",
    "drain": "drain_seconds",
    "hold": "hold_seconds",
    "idle": "idle_seconds",
    "timeout": "timeout_seconds",
    "heartbeat": "heartbeat_seconds",
    "ports": "port_range",
}


class ServedServices:
    """What ``OwnServices`` does, through a bridge. All methods raise ``ClientError``. The bridge
    remembers where a service's folder is, so a ``directory`` matters to its first start alone."""

    def __init__(self, target: Target, patience: float = 60.0) -> None:
        """Raises ``BadTarget``."""
        how = {"token": target.token, "user_token": target.user_token, "patience": patience}
        self.target, self._session = target, Session(target.url, **how)  # type: ignore[arg-type]

    def up(self, members: Mapping[str, Any]) -> Started:
        """Start a service, or join it; with another script it hands over. ``members``: those of
        ``dssr.service.ServiceSpec``, and the API's ``files``."""
        asked = {_MEMBERS.get(n, n): v for n, v in members.items() if n != "name"}
        for pairs in ("environment", "options"):
            asked[pairs] = dict(asked.get(pairs, ()))
        answer = self._session.call("PUT", f"/services/{members['name']}", body=Body(json=asked))
        found = read_json(answer, self._session.base)
        parts = (found, found["successor"], found["failure"])
        newest = max(part["generation"] or 0 for part in parts if part)
        is_handing_over = answer.status_code == _HANDS_OVER
        return Started(
            found["folder"],
            newest,
            found["job"] or "",
            joined=answer.status_code != _STARTED,
            handing_over=newest if is_handing_over else 0,
        )

    def find_or_start(
        self, name: str, directory: str = "", members: Mapping[str, Any] | None = None
    ) -> None:
        """Start a service that does not run, with what it was started with before. ``members``: as
        of ``up``, for a service that there has never been, or whose job can never start."""
        try:
            found = self.status(name)
        except NotFound:
            if members is None:
                raise
            self.up(members)
            return
        if members is not None and found["failure"] and not found["node"]:
            self.up(members)
        elif found["state"] in OVER:
            self._json("POST", f"{name}/restart")

    def status(self, name: str, directory: str = "") -> Document:
        """A service."""
        return self._json("GET", name)

    def list(self) -> Sequence[Document]:
        """The caller's services."""
        found: list[Document] = []
        after = ""
        while True:
            query = {"limit": 1000, **({"after": after} if after else {})}
            page = self._session.json("GET", "/services", query=query)
            found += page["items"]
            after = page["next"]
            if not after:
                return found

    def restart(self, name: str, directory: str = "") -> int:
        """Hand over to a new job, or start it again; the generation that is there now."""
        return int(self._json("POST", f"{name}/restart")["generation"] or 0)

    def down(self, name: str, directory: str = "", *, purge: bool = False) -> None:
        """End the chain and its jobs. ``purge``: remove the folder, too, and wait for that."""
        self._json("DELETE", name, query={"purge": "true"} if purge else {})
        deadline = time.monotonic() + _ENDED
        while purge:
            try:
                state = self.status(name)["state"]
            except NotFound:
                return
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    f"{name} is {state}, and a job of it still ends: the bridge removes its folder "
                    "after that."
                )
            time.sleep(_EVERY)

    def newest(self, name: str, directory: str = "") -> int:
        """The generation that is there now."""
        return int(self.status(name)["generation"] or 1)

    def output(self, name: str, directory: str, generation: int, offset: int) -> Iterator[bytes]:
        """What a generation has printed from that byte on."""
        while True:
            query = {"generation": generation, "after": offset}
            part = self._session.call("GET", f"/services/{name}/output", query=query).content
            if part:
                yield part
            if len(part) < _PART:
                return
            offset += len(part)

    def disconnect(self, name: str) -> bool:
        """There is nothing to close on this machine."""
        return False

    def upload(self, place: Place, files: Sequence[tuple[Path, str]], progress: Progress) -> None:
        """Copy files to the directory of a service's files: each is replaced, and none is removed
        there. What goes wrong with a file of this machine is an ``OSError``. ``progress``: is
        called with the bytes that are done, and those of all."""
        total, done = sum(path.stat().st_size for path, _ in files), 0
        where = f"?{urlencode({'directory': place.directory})}" if place.directory else ""
        for path, to in files:
            url = f"/services/{place.name}/files/{quoted_path(to)}{where}"
            with path.open("rb") as file:
                sent = partial(_report, progress, done, total)
                Upload(self._session, url, file, True, sent).run(0)
            done += path.stat().st_size

    def manual(self, name: str, directory: str = "", port: int = 0) -> Manual:
        """A bridge does not say how its own user logs in."""
        raise BadRequest(
            "The bridge leads to the service. For a way by ssh alone, name the login node with "
            "--cluster."
        )

    def close(self) -> None:
        """Close the connections to the bridge; services and their addresses go on."""
        self._session.close()

    def _json(self, method: str, path: str, **how: Any) -> Document:
        found: Document = self._session.json(method, f"/services/{path}", **how)
        return found


def _report(progress: Progress, before: int, total: int, sent: int, _size: int | None) -> None:
    """``sent``: bytes of one file; ``before``: of those before it."""
    progress(before + sent, total)


class ServedService:
    """A handle, as ``dssr.client.service.Service`` is one. The bridge keeps the address."""

    def __init__(
        self, served: ServedServices, name: str, *, after: int = 0, owns: bool = False
    ) -> None:
        """``after``, ``owns``: as of ``Service``."""
        self.name, self._served, self._after, self._owns = name, served, after, owns
        self._found: Document | None = None
        self._looked = 0.0

    @property
    def url(self) -> str:
        """The address for programs; '' while there is none."""
        return str(self._document()["url"] or "")

    @property
    def browser_url(self) -> str:
        """The address for browsers; '' while there is none."""
        return str(self._document()["browser_url"] or "")

    def wait_ready(
        self,
        timeout: float | None = None,
        report: Callable[[Document], object] | None = None,
        unreached: float | None = None,
    ) -> Self:
        """Wait until the bridge has checked the address, which it does as long as it takes. Raises
        ``ServiceEnded``, ``NotTakenOver``, ``WaitTimeout``."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            self.check()
            found = self._document()
            if found["url"] and (not self._after or (found["generation"] or 0) > self._after):
                return self
            raise_failure(found, self._after)
            if report:
                report(found)
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimeout(f"{self.name} was not ready within {timeout:g} seconds.")
            time.sleep(_EVERY / 4)

    def status(self) -> Document:
        """The service's document."""
        return self._document()

    def check(self) -> None:
        """Raises ``ServiceEnded``."""
        found = self._document()
        if found["state"] in OVER:
            raise ServiceEnded(found)

    def stop(self, *, purge: bool = False) -> None:
        """End the service."""
        self._served.down(self.name, purge=purge)

    def leave(self) -> bool:
        """This process keeps nothing."""
        return False

    def close(self) -> None:
        """The address is the bridge's: it goes on."""
        if self._owns:
            self._served.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self.close()

    def _document(self) -> Document:
        """As the bridge said it a moment ago."""
        if self._found is None or time.monotonic() - self._looked > _EVERY:
            self._found, self._looked = self._served.status(self.name), time.monotonic()
        return self._found


AnyServices = OwnServices | ServedServices
AnyService = Service | ServedService


def service_of(
    services: AnyServices, name: str, directory: str = "", port: int = 0, after: int = 0
) -> AnyService:
    """A handle on a service. ``port``: of this machine, which a bridge's service does not have.
    ``after``: as of ``Service``."""
    if isinstance(services, OwnServices):
        return Service(services, name, directory, port, after=after)
    return ServedService(services, name, after=after)
