"""The client: submits jobs, finds them, and shows the cluster."""

import os
import uuid
from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack, cast

from dssr.client import target
from dssr.client.documents import (
    CheckedJob,
    ClusterAbout,
    JobDocument,
    JobEvent,
    Node,
    Partition,
    QueuedJob,
)
from dssr.client.errors import BridgeFault, ClientError, Conflict, NotFound, OutcomeUnknown
from dssr.client.job import Job, several
from dssr.client.request import JobOptions, body_of, in_own_words
from dssr.client.session import Body, Notice, Session
from dssr.client.urls import quoted

_PAGE = 1000  # items


class Client:
    """A bridge, for programs: one that is served, or one in this process. All methods raise
    ``ClientError``. Use a client from one thread at a time."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        cluster: str | None = None,
        *,
        user_token: str | None = None,
        environ: Mapping[str, str] = os.environ,
        patience: float = 60.0,
        notice: Notice | None = None,
    ) -> None:
        """``url``: of a bridge. ``cluster``: a host to log in to as this user. Without both:
        ``DSSR_CLUSTER``, ``DSSR_URL``, the configuration file, or this machine.

        ``user_token``: names the user whose jobs these are, where jobs have owners. ``patience``:
        seconds for which a call is repeated while the bridge does not answer, or says that its
        cluster does not. ``notice``: is called before each repetition with the error and the
        seconds until then. Raises ``BadTarget``.
        """
        given = {"url": url, "token": token, "cluster": cluster, "user_token": user_token}
        self.target = target.choose(given, environ, target.read_file(environ))
        self._session = _session(self.target, environ, patience, notice)

    @property
    def patience(self) -> float:
        """For how many seconds a call is repeated."""
        return self._session.patience

    @patience.setter
    def patience(self, seconds: float) -> None:
        """Of the calls from now on."""
        self._session.patience = seconds

    def submit(
        self, script: str | Path, *, key: str | None = None, **asked: Unpack[JobOptions]
    ) -> Job:
        """Submit a job, once: a lost response is asked for again. ``script``: its text, or a file.

        ``key``: the same key with the same job is the same job; without one each call submits.
        ``OutcomeUnknown`` names the key with which the same call finds out.
        """
        key = key or str(uuid.uuid4())
        headers = {"Idempotency-Key": key}
        try:
            document = self._session.json(
                "POST", "/jobs", body=Body(json=body_of(script, asked)), headers=headers
            )
        except ClientError as error:
            if error.was_sent or isinstance(error, OutcomeUnknown | BridgeFault):
                raise _unknown(error, key) from error
            in_own_words(error)
            raise
        return Job(self._session, document)

    def check(self, script: str | Path, **asked: Unpack[JobOptions]) -> CheckedJob:
        """What ``submit`` would send, what is wrong with it, and when it would start."""
        body = Body(json=body_of(script, asked))
        try:
            return cast(CheckedJob, self._session.json("POST", "/jobs/check", body=body))
        except ClientError as error:
            in_own_words(error)
            raise

    def job(self, name: str) -> Job:
        """The job with this id, native id or name, or whose id or name alone begins so.
        Digits alone are a whole id.

        Raises ``NotFound``, and ``Conflict`` where several jobs fit.
        """
        missing: ClientError = NotFound(f"There is no job {name!r}.")
        if name.strip("."):
            try:
                return Job(self._session, self._session.json("GET", f"/jobs/{quoted(name)}"))
            except NotFound as error:
                missing = error
            except Conflict as error:  # several have this name, or this native id
                found = [job for job in self.jobs() if name in (job.name, job.native_id)]
                raise Conflict(several(found, f"are called {name[:60]!r}")) from error
        found = [job for job in self.jobs() if job.begins_with(name)]
        if not found:
            raise missing
        if len(found) > 1:
            raise Conflict(several(found, f"begin with {name[:60]!r}"))
        return found[0].refresh()

    def jobs(
        self,
        *,
        state: str | list[str] | None = None,
        name: str | None = None,
        user: str | None = None,
        partition: str | None = None,
        label: Mapping[str, str] | None = None,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Job]:
        """Jobs, newest first; of a long list each page is asked for when it is reached.

        ``state``: a state or several, also ``active`` and ``ended``. ``since``, ``until``: when
        they were submitted, as ``2030-01-31T12:00:00Z`` or as a ``datetime`` (without a zone: of
        this machine). ``limit``: how many at most.
        """
        query = {
            "state": state,
            "name": name,
            "user": user,
            "partition": partition,
            "label": [f"{key}={value}" for key, value in (label or {}).items()],
            "since": _time_text(since),
            "until": _time_text(until),
        }
        for document in self._items("/jobs", query, limit):
            yield Job(self._session, cast(JobDocument, document))

    def events(self, after: str | int | None = None) -> Generator[JobEvent, None, None]:
        """Each change of a job's state, as it happens, without end.

        ``after``: the ``id`` of an event, to begin with the final states behind it; 0: with all
        that are kept. When the connection breaks, each final state still comes once.
        """
        query = {} if after is None else {"after": after}
        for event in self._session.events("/events", query):
            if event.name == "job":
                document = self._session.read(event.data)
                is_final = document["job"]["is_final"]
                yield {
                    "id": event.id if is_final else None,
                    "job": document["job"],
                    "before": document["before"],
                }

    def cluster(self) -> ClusterAbout:
        """The scheduler, whether it answers, what it can do, and its limits."""
        return cast(ClusterAbout, self._session.json("GET", "/cluster"))

    def partitions(self) -> list[Partition]:
        """The partitions: what is free, limits, accounts."""
        return cast(list[Partition], list(self._items("/cluster/partitions")))

    def nodes(self) -> list[Node]:
        """The nodes: what is free, and why a node is not in use."""
        return cast(list[Node], list(self._items("/cluster/nodes")))

    def queue(self) -> list[QueuedJob]:
        """The jobs of all users, as far as the cluster shows them; jobs that wait come first."""
        return cast(list[QueuedJob], list(self._items("/cluster/queue")))

    def close(self) -> None:
        """Close all connections; jobs go on."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({str(self.target)!r})"

    def _items(
        self, path: str, query: Mapping[str, Any] | None = None, limit: int | None = None
    ) -> Iterator[Any]:
        """The items of all pages of a list, or so many of them."""
        after: str | None = None
        while limit is None or limit > 0:
            size = _PAGE if limit is None else min(limit, _PAGE)
            more = {"limit": size, "after": after}
            page = self._session.json("GET", path, query={**(query or {}), **more})
            yield from page["items"]
            after = page["next"]
            if after is None:
                return
            limit = None if limit is None else limit - len(page["items"])


def _session(
    chosen: target.Target, environ: Mapping[str, str], patience: float, notice: Notice | None
) -> Session:
    if chosen.url:
        return Session(
            chosen.url,
            token=chosen.token,
            user_token=chosen.user_token,
            patience=patience,
            notice=notice,
        )
    from dssr.client import in_process  # noqa: PLC0415 - with the libraries of the bridge

    adapter = in_process.InProcess(chosen, environ)
    return Session(in_process.BASE, patience=patience, notice=notice, adapter=adapter)


def _time_text(time: str | datetime | None) -> str | None:
    if isinstance(time, datetime):
        return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return time


def _unknown(error: ClientError, key: str) -> OutcomeUnknown:
    """The error of a submission that may have happened."""
    more = {name: value for name, value in vars(error).items() if name != "message"}
    return OutcomeUnknown(
        f"{error.message} Whether the job was submitted is not known: submit the same again with "
        f"the key {key!r}, and there is one job at most.",
        **more,
    )
