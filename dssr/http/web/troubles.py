"""What is broken at a bridge, in words, with what to do about it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dssr.cluster.use_cases import About
from dssr.http.checks.refusals import Refusal
from dssr.http.serving.parking import LISTENERS_EACH
from dssr.http.web.examination import Examined
from dssr.seams import Figure

_GUESSES = 5  # refused logins of one address in an hour that are worth a sentence
_HOUR = 3600


@dataclass(frozen=True)
class Trouble:
    """``sentence``: what is broken. ``cure``: what to do."""

    sentence: str
    cure: str


@dataclass(frozen=True)
class Seen:
    """What is known of a bridge. ``audit``, ``tokens``: why that file cannot be read, or empty.
    ``templates``: a sentence for each of the site's that is broken. ``now``: seconds since the
    epoch. ``listeners``: how many there may be."""

    about: About
    figures: Sequence[Figure]
    refusals: Sequence[Refusal]
    examined: Examined | None
    audit: str
    tokens: str
    templates: Sequence[str]
    now: float
    listeners: int

    def figure(self, name: str, label: str = "") -> float:
        """The sum of the figures of that name, with that label if it is given."""
        return sum(
            one.value
            for one in self.figures
            if one.name == name and (not label or label in dict(one.labels).values())
        )


def troubles(seen: Seen) -> list[Trouble]:
    """What is broken, the worst first; nothing where all is well."""
    return [*_of_cluster(seen), *_of_calls(seen), *_of_callers(seen), *_of_doctor(seen)]


def _of_cluster(seen: Seen) -> Iterator[Trouble]:
    changed = [
        dict(one.labels).get("host", "a host")
        for one in seen.figures
        if one.name == "dssr_ssh_host_key_changed" and one.value
    ]
    for host in changed:
        yield Trouble(
            f"{host} presents another host key than the trusted one: no work is done, because "
            "another machine may have taken its place.",
            "Compare it with the administrator's by 'dssr hostkey'. If it is right, replace "
            "the old one where the bridge's settings have it.",
        )
    if seen.about.problem and not changed:
        yield Trouble(
            f"The cluster does not answer: {seen.about.problem}",
            "'dssr doctor' on the bridge's machine finds out where the way ends.",
        )


def _of_calls(seen: Seen) -> Iterator[Trouble]:
    if waiting := round(seen.figure("dssr_calls", "waiting")):
        calls = "1 call waits for its" if waiting == 1 else f"{waiting} calls wait for their"
        yield Trouble(
            f"{calls} turn: all threads are in use, or those of one caller.",
            "If it lasts, the cluster is slow (see its age in the figures), or callers send more "
            "than it answers: JARVICE_SCHED_RATE limits them.",
        )
    if seen.figure("dssr_listeners") >= seen.listeners:
        yield Trouble(
            f"{seen.listeners} callers listen, as many as there may be: further pages load anew "
            "every few seconds instead.",
            f"One caller may have {LISTENERS_EACH} of them. Who opens a stream for each job needs "
            "one alone: that of /api/v1/events.",
        )
    if seen.tokens:
        yield Trouble(seen.tokens, "Until then, no change of the tokens takes effect.")
    for sentence in seen.templates:
        yield Trouble(sentence, "Until then, it is not offered.")
    if seen.audit:
        yield Trouble(seen.audit, "Make the file readable for the bridge's user.")


def _of_callers(seen: Seen) -> Iterator[Trouble]:
    lately = (one for one in seen.refusals if one.status == 401 and one.at > seen.now - _HOUR)
    for address, count in Counter(one.address for one in lately).most_common(3):
        if count >= _GUESSES:
            yield Trouble(
                f"{address} was refused {count} times in the last hour.",
                "A program there may have an old token, or someone guesses.",
            )


def _of_doctor(seen: Seen) -> Iterator[Trouble]:
    for finding in seen.examined.failed if seen.examined else ():
        yield Trouble(f"The doctor: {finding.name}: {finding.detail}", finding.cure)
