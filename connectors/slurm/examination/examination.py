"""The examination of a cluster: all checks in their order, and what several of them share."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial

from connectors.shared.canary import canary
from connectors.shared.checks import Check, examined, skipped
from connectors.slurm.examination import (
    cleaning,
    directories,
    login,
    login_shell,
    network,
    nodes,
    probe,
    scheduler,
    submission,
)
from connectors.slurm.examination.probe import Probe
from connectors.slurm.examination.scheduler import options_of
from connectors.slurm.examination.site import Site
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.words.examination.directories import Directories
from connectors.slurm.words.examination.report import Report
from connectors.slurm.words.examination.scheduler import Scheduler
from dssr.errors import DssrError, TransportError
from dssr.seams import Connector, Finding, Status, Transport

_FOR_JOBS = ("login", "slurm", "partitions", "submit")  # without them no job runs


class Examination:
    """One run of the doctor. What several checks need is asked for once, when one needs it."""

    def __init__(
        self,
        settings: SlurmSettings,
        transport: Transport,
        make: Callable[[SlurmSettings], Connector],
        with_jobs: bool,
        left: list[str],
    ) -> None:
        """``make`` makes a connector that uses the same transport. ``left``: see ``Examines``."""
        self._settings, self._site = settings, Site(settings, transport)
        self._make, self._with_jobs, self._left = make, with_jobs, left
        self._partition = options_of(settings.check_options).get("partition", "")
        self._word = secrets.token_hex(6)  # in the names of all that is made
        self._failed: set[str] = set()
        self._jobs: list[str] = []
        self._has_begun = False  # to make the directories
        self._lost: TransportError | None = None  # with which the probe job was given up

    def run(self) -> Iterator[Finding]:
        """See ``dssr.seams.Examines``."""
        try:
            for finding in examined(self._checks()):
                if finding.status is Status.FAILURE:
                    self._failed.add(finding.name)
                yield finding
        finally:
            self._clean()

    def _checks(self) -> Iterator[Check]:
        site = self._site
        yield Check("name-resolution", partial(network.name_resolution, site))
        yield Check("tcp", partial(network.tcp, site), ("name-resolution",))
        yield Check("host-key", partial(network.host_key, site), ("tcp",))
        yield Check("login", partial(login.login, site), ("host-key",))
        for name, look in (
            ("round-trip", login.round_trip),
            ("sessions", login.sessions),
            ("forwarding", login.forwarding),
            ("login-shell", login_shell.login_shell),
            ("clock", login_shell.clock),
        ):
            yield Check(name, partial(look, site), ("login",))
        yield from self._checks_of_slurm()
        yield Check("state-directory", self._state_directory, ("login",))
        yield Check("scratch-directory", self._scratch_directory, ("login",))
        yield from self._checks_of_nodes()
        places = ("state-directory", "scratch-directory")
        yield Check("canary", self._canary, (*_FOR_JOBS, *places))

    def _checks_of_slurm(self) -> Iterator[Check]:
        site, age = self._site, self._settings.snapshot_age
        yield Check("slurm", lambda: scheduler.slurm(self._slurm, site.user), ("login",))
        for name, look in (
            ("partitions", lambda: scheduler.partitions(self._slurm, self._partition)),
            ("submit", lambda: submission.submit(site, self._slurm)),
            ("accounting", self._accounting),
            ("min-job-age", lambda: scheduler.min_job_age(self._slurm, age)),
            ("private-data", lambda: scheduler.private_data(site, self._slurm)),
        ):
            yield Check(name, look, ("slurm",))

    def _checks_of_nodes(self) -> Iterator[Check]:
        settings = self._settings
        looks: tuple[tuple[str, Callable[[Report], Finding]], ...] = (
            ("container", partial(nodes.container, settings)),
            ("gpu", lambda report: nodes.gpu(self._slurm, self._probe, report)),
            ("images", partial(nodes.images, settings)),
            ("submit-from-job", nodes.submit_from_job),
            ("node-tools", nodes.node_tools),
            ("port-range", nodes.port_range),
        )
        for name, look in looks:
            yield Check(name, partial(self._on_nodes, look), _FOR_JOBS)

    @cached_property
    def _slurm(self) -> Scheduler:
        return scheduler.ask(self._site)

    @cached_property
    def _places(self) -> Directories:
        self._has_begun = True
        return directories.prepare(self._site, self._word)

    @cached_property
    def _probe(self) -> Probe:
        if not self._with_jobs:
            return Probe("Not examined, because it needs a job.")
        if failed := [name for name in _FOR_JOBS if name in self._failed]:
            return Probe(f"Not examined, because {failed[0]} failed.")
        if not self._places.are_writable:
            return Probe("Not examined, because the directories cannot be written to.")
        if self._lost:  # that job may run: there is never a second one
            raise self._lost
        try:
            return probe.run(self._site, self._slurm, self._places, self._word, self._jobs)
        except TransportError as error:
            self._lost = error
            raise

    def _accounting(self) -> Finding:
        lag = self._probe.lag if self._slurm.keeps_accounting else None
        return scheduler.accounting(self._slurm, lag, probe.MOST_LAG)

    def _state_directory(self) -> Finding:
        return directories.state_directory(self._site, self._places, self._probe.report)

    def _scratch_directory(self) -> Finding:
        return directories.scratch_directory(self._site, self._places, self._probe.report)

    def _on_nodes(self, look: Callable[[Report], Finding]) -> Finding:
        report = self._probe.report
        if report is None:
            return skipped(self._probe.why)
        if not report.nodes:
            return skipped("Not examined: the probe job has left no report.")
        return look(report)

    def _canary(self) -> Finding:
        count = self._probe.nodes
        if not count:
            return skipped(self._probe.why)
        own = f"{self._places.state.own}canary/", f"{self._places.scratch.own}canary/"
        connector = self._make(replace(self._settings, state_dir=own[0], scratch_dir=own[1]))
        options = tuple(options_of(self._settings.check_options).items())
        name = cleaning.canary_name(self._word)
        return canary(connector, count, options, self._jobs.append, name)

    def _clean(self) -> None:
        if "_places" not in self.__dict__:
            if self._has_begun:  # and the login node has not said how far it came
                self._left += directories.maybe_made(self._site, self._word)
            return
        self._left += cleaning.by_hand(self._places, self._word)
        with suppress(DssrError):  # the connection is gone
            self._left[:] = cleaning.clean(self._site, self._places, self._word, self._jobs)
