"""The services of one local user: each method is one program on the login node."""

from collections.abc import Callable, Collection, Sequence

from connectors.slurm.services import batch
from connectors.slurm.services.words import services
from connectors.slurm.shell.remote import Call, Reply, program
from connectors.slurm.words.commands import words_of
from connectors.slurm.words.refusals import refusal
from dssr.errors import (
    Conflict,
    Denied,
    NotFound,
    OutcomeUnknown,
    Unavailable,
    Unwritable,
)
from dssr.seams import Purpose
from dssr.seams.services import FrontUse, Place, Request, ServiceView, Started
from dssr.service import ServiceSpec

GENERATIONS = 6  # of each service that are shown
EVENTS = 50  # of each generation that are shown


class SlurmServices:
    """See ``dssr.seams.services.Services``."""

    def __init__(self, call: Callable[[], Call], allowed: Collection[str] = ()) -> None:
        """``call`` begins a call as the user. ``allowed``: the site's own sbatch options."""
        self._call, self._allowed = call, allowed

    def start(self, spec: ServiceSpec, launch: str) -> Started:
        """See ``dssr.seams.services.Services``."""
        contents = batch.version(spec, launch, self._allowed)
        names = (spec.directory, spec.name, spec.team)
        words = (*names, batch.version_name(contents), *contents)
        reply = self._run("service_start", Purpose.SUBMIT, *words)
        if reply.verdict not in ("claimed", "joined"):
            raise _not_started(reply, spec)
        return Started(
            reply.value("folder") or "",
            int(reply.value(reply.verdict) or 0),
            reply.value("job") or "",
            reply.verdict == "joined",
            int(reply.value("handing_over") or 0),
        )

    def view(self, place: Place, use: FrontUse | None = None) -> ServiceView:
        """See ``dssr.seams.services.Services``."""
        noted = (use.front, str(use.oldest)) if use else ()
        text = self._look(place.directory, place.name, *noted)
        if found := services(text):
            return found[0]
        if "\nmissing " in text:
            raise _missing(place)
        raise _unread(place)

    def views(self) -> Sequence[ServiceView]:
        """See ``dssr.seams.services.Services``."""
        return services(self._look("", ""))

    def request(self, place: Place, request: Request, generation: int = 0) -> int:
        """See ``dssr.seams.services.Services``."""
        number = (place.directory, place.name, request, str(generation))
        reply = self._run("service_request", Purpose.CANCEL, *number)
        if reply.verdict == "unread":
            raise _unread(place)
        if reply.verdict == "missing":
            raise _missing(place)
        if reply.verdict == "never":
            raise NotFound(f"The service {place.name!r} has no such generation: {generation}.")
        return int(reply.value("asked") or 0)

    def extend(self, place: Place, ahead: int) -> None:
        """See ``dssr.seams.services.Services``."""
        words = (place.directory, place.name, str(ahead))
        reply = self._run("service_extend", Purpose.SUBMIT, *words)
        if reply.verdict == "unread":
            raise _unread(place)
        if reply.verdict == "missing":
            raise _missing(place)
        if reply.verdict == "refused":
            raise refusal("sbatch", "\n".join(reply.lines.get("said", ())))

    def output(self, place: Place, generation: int, offset: int, limit: int) -> bytes:
        """See ``dssr.seams.services.Services``."""
        which = (place.directory, place.name, str(generation), str(offset), str(limit))
        reply = self._run("service_output", Purpose.OUTPUT, *which)
        if reply.verdict == "unread":
            raise _unread(place)
        if reply.verdict == "missing":
            raise NotFound(
                f"Generation {generation} of the service {place.name!r} has printed nothing: it "
                "has not begun, or there is none."
            )
        return reply.rest

    def remove(self, place: Place) -> None:
        """See ``dssr.seams.services.Services``."""
        reply = self._run("service_remove", Purpose.SUBMIT, place.directory, place.name)
        if reply.verdict == "unread":
            raise _unread(place)
        if reply.verdict == "missing":
            raise _missing(place)
        if reply.verdict == "alive":
            raise Conflict(
                f"Generation {reply.value('alive')} of the service {place.name!r} may still run: "
                "stop the service first."
            )

    def _look(self, directory: str, name: str, *noted: str) -> str:
        call = self._call()
        which = (directory, name, str(GENERATIONS), str(EVENTS), *noted)
        argv = program("service_look", (call.state_dir, "", *which))
        done = call.run("service_look", argv, purpose=Purpose.STATUS)
        if not done.stdout:
            raise Unavailable(f"The login node could not show the services: {words_of(done)}")
        return done.stdout.decode("utf-8", "replace")

    def _run(self, name: str, purpose: Purpose, *more: str) -> Reply:
        call = self._call()
        done = call.run(name, program(name, (call.state_dir, "", *more)), purpose=purpose)
        reply = Reply.read(done.stdout)
        if reply.verdict == "unwritable":
            raise Unwritable(
                f"The service's folder cannot be written ({reply.value('unwritable')}): check "
                f"permissions, quota and free space ({words_of(done)})."
            )
        if not reply.verdict and name == "service_start":
            raise OutcomeUnknown(
                f"Whether the service was started is not known: {words_of(done)}. Start it again: "
                "there is one start, however often it is asked for."
            )
        if not reply.verdict:
            raise Unavailable(f"The login node could not run {name!r}: {words_of(done)}")
        return reply


def _missing(place: Place) -> NotFound:
    where = place.directory or "your home directory's .dssr/services"
    return NotFound(f"There is no service {place.name!r} in {where} that you can read.")


def _unread(place: Place) -> Unavailable:
    """Which is no evidence that it is gone."""
    where = place.directory or "your home directory's .dssr/services"
    return Unavailable(
        f"The folder of the service {place.name!r} in {where} cannot be read now: the directory "
        "may not be mounted on the login node, or there is no such directory."
    )


def _not_started(reply: Reply, spec: ServiceSpec) -> Exception:
    """Why there is no job."""
    value = reply.value(reply.verdict) or ""
    said = "\n".join(reply.lines.get("said", ()))
    if reply.verdict == "refused":
        return refusal("sbatch", said)
    if reply.verdict == "unmakeable":
        return Unwritable(f"The service's folder {value} cannot be made.")
    if reply.verdict == "stranger":
        return Denied(
            f"The folder cannot be given to the group {value!r}: there is no such group on the "
            "login node, or you are not a member."
        )
    if reply.verdict == "open":
        return Denied(
            f"All users of the cluster can write to {value}, and could put another program in "
            "place of the service's: choose a directory that only its users can write to."
        )
    if reply.verdict == "foreign":
        whose = f"to the group {spec.team!r}" if spec.team else "to you"
        return Denied(f"The folder {value} is another user's, and does not belong {whose}.")
    return OutcomeUnknown(
        "It is not known yet whether the service's job exists: sbatch's answer was lost "
        f"({said[:300]}). Start it again: there is one start, however often it is asked for.",
        retry_after=10,
    )
