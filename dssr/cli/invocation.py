"""What the parts of one call of ``dssr`` share: the environment, the global options, the client."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

import dssr.client
from dssr.cli import history, terminal
from dssr.cli.failure import Failure
from dssr.cli.printable import printable
from dssr.cli.signals import starting_up
from dssr.client import ClientError

if TYPE_CHECKING:  # both are loaded with the libraries that they need
    from dssr.client import Client, Job

_PATIENCE = 10.0  # seconds for which a command repeats its calls
_OF_TRANSFERS = 120.0  # of one that copies what there is, once it has reached the bridge
_OF_WAITING = 3600.0  # of one that waits for a job anyway
_LEVELS = (logging.CRITICAL, logging.INFO, logging.DEBUG)


@dataclass
class Invocation:
    """One call of ``dssr``.

    ``options``: the global options that were given. ``ends_as_the_job``: whether the command exits
    with the job's code, so that its own errors need another one.
    """

    environ: Mapping[str, str]
    options: dict[str, Any] = field(default_factory=dict)
    ends_as_the_job: bool = False
    _noticed: set[str] = field(default_factory=set)
    _client: "Client | None" = None
    _is_patient: bool = False

    @property
    def as_json(self) -> bool:
        """Whether documents are printed instead of text for people."""
        return bool(self.options.get("json"))

    @property
    def verbosity(self) -> int:
        """How often --verbose was given."""
        return int(self.options.get("verbose", 0))

    def client(self, patience: float = _PATIENCE) -> "Client":
        """The bridge that the options and the environment name; the same one each time."""
        if self._client is None:
            self.set_up_log()
            with starting_up():
                self._client = dssr.client.Client(
                    self.options.get("url"),
                    cluster=self.options.get("cluster"),
                    environ=self.environ,
                    patience=patience,
                    notice=self._notice,
                )
            target = self._client.target
            if target.is_exposed:
                click.echo(
                    f"Warning: the token goes to {target} unencrypted, where others can read it: "
                    "use https.",
                    err=True,
                )
            if self.verbosity:
                click.echo(f"INFO    Using {target}, by {target.chosen_by}.", err=True)
        return self._client

    def job(self, name: str) -> "Job":
        """The job with this id or name, or that begins so; ``-``: the last one submitted."""
        name = self.meant(name)
        try:
            return self.client().job(name)
        except dssr.client.NotFound as error:  # whose words are for those who call the API
            raise dssr.client.NotFound(
                f"There is no job {name[:64]!r}, or its record is no longer kept: 'dssr jobs' "
                "lists all jobs."
            ) from error

    def meant(self, name: str) -> str:
        """The same name; for ``-`` the id of the last job that was submitted."""
        return self.last() if name == "-" else name

    def be_patient(self, *, waits: bool) -> None:
        """From now on outages are waited out, and without a terminal reported, too. ``waits``:
        whether what is done takes as long as a job."""
        self.client().patience = _OF_WAITING if waits else _OF_TRANSFERS
        self._is_patient = True

    def last(self) -> str:
        """The id of the last job that was submitted from here to the same place."""
        target = str(self.client().target)
        if found := history.jobs_of(self.environ, target):
            return found[0]
        elsewhere, job = history.last(self.environ)
        hint = f" The last one, {job}, was submitted to {elsewhere}." if job else ""
        raise Failure(
            f"'-' is the last job submitted, and none was submitted to {target} from here."
            f"{printable(hint)}",
            cure="'dssr jobs' lists all jobs.",
        )

    def print_document(self, document: object) -> None:
        """Print a document of the API: in lines on a terminal, else on one line."""
        click.echo(json.dumps(document, indent=2 if terminal.is_terminal() else None))

    def print_line(self, document: object) -> None:
        """Print a document on one line, at once."""
        click.echo(json.dumps(document))

    def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            self._client.close()

    def _notice(self, error: ClientError, _seconds: float) -> None:
        """Say once for each reason why a call is repeated; in scripts, where that may take long,
        for the first one."""
        is_shown = terminal.shows_progress() or self.verbosity > 0
        is_first = self._is_patient and not self._noticed
        if (is_shown or is_first) and error.message not in self._noticed:
            self._noticed.add(error.message)
            click.echo(f"{printable(error.message)} Trying again ...", err=True)

    def set_up_log(self) -> None:
        """What is done is logged on stderr as far as --verbose asks for it."""
        level = _LEVELS[min(self.verbosity, len(_LEVELS) - 1)]
        logging.basicConfig(level=level, format="%(levelname)-7s %(message)s")
