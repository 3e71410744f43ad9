"""What is broken at a bridge, in words."""

from dataclasses import replace
from typing import Any

import pytest

from dssr.cluster.use_cases import About
from dssr.http.checks.refusals import Refusal
from dssr.http.web.examination import Examined
from dssr.http.web.troubles import Seen, troubles
from dssr.seams import ClusterLimits, Figure, Finding, Status

ABOUT = About("slurm", "24.11", "login1", "slurm", "native", (), ClusterLimits(), (), "", 0.0)
REFUSED = Refusal(10_000.0, "", "192.0.2.1", "POST /login", 401, "wrong")
WELL = Seen(
    about=ABOUT,
    figures=[
        Figure("dssr_ssh_host_key_changed", "", 0.0, labels=(("host", "login1"),)),
        Figure("dssr_calls", "", 3.0, labels=(("state", "running"),)),
        Figure("dssr_calls", "", 0.0, labels=(("state", "waiting"),)),
        Figure("dssr_listeners", "", 9.0),
    ],
    refusals=[REFUSED] * 4,
    examined=Examined(9000.0, 1, [Finding("tcp", Status.WARNING, "Slow.")], is_running=False),
    audit="",
    tokens="",
    templates=(),
    now=10_060.0,
    listeners=1000,
)
BAD = Finding("login", Status.FAILURE, "It is refused.", "Add the key.")


def _figure(name: str, value: float, *labels: tuple[str, str]) -> dict[str, Any]:
    return {"figures": [Figure(name, "", value, labels=labels)]}


def test_where_all_is_well_nothing_is_broken() -> None:
    """A bridge at work, with a mistyped token now and then, has no troubles."""
    assert troubles(WELL) == []


@pytest.mark.parametrize(
    ("seen", "sentence", "cure"),
    [
        ({"about": replace(ABOUT, problem="No route.")}, "does not answer: No route.", "doctor"),
        (
            _figure("dssr_ssh_host_key_changed", 1.0, ("host", "login2")),
            "login2 presents another host key than the trusted one", "dssr hostkey",
        ),
        (_figure("dssr_calls", 1.0, ("state", "waiting")), "1 call waits for its turn", "RATE"),
        (_figure("dssr_calls", 7.0, ("state", "waiting")), "7 calls wait for their turn", "RATE"),
        (_figure("dssr_listeners", 1000.0), "1000 callers listen", "64 of them"),
        ({"audit": "The audit log x cannot be read."}, "The audit log x cannot", "readable"),
        ({"templates": ["fit.json has no title."]}, "fit.json has no title.", "not offered"),
        ({"tokens": "The file x cannot be read."}, "The file x cannot", "no change"),
        (
            {"refusals": [*WELL.refusals, *WELL.refusals]},
            "192.0.2.1 was refused 8 times in the last hour.", "old token",
        ),
        (
            {"examined": Examined(9000.0, 1, [BAD], is_running=False)},
            "The doctor: login: It is refused.", "Add the key.",
        ),
    ],
)  # fmt: skip
def test_each_trouble_has_a_sentence_and_a_cure(
    seen: dict[str, Any], sentence: str, cure: str
) -> None:
    """Each broken part is one sentence, with what to do about it."""
    [found] = troubles(replace(WELL, **seen))
    assert sentence in found.sentence
    assert cure in found.cure


def test_old_and_other_refusals_are_no_guesses() -> None:
    """Refusals of another day, and of callers who are known, are no sign of guesses."""
    for other in (replace(REFUSED, at=1.0), replace(REFUSED, status=403)):
        assert troubles(replace(WELL, refusals=[other] * 9)) == []


def test_a_changed_host_key_is_said_once() -> None:
    """That no work is done because of a host key is not said again as a cluster that is silent."""
    seen = replace(
        WELL,
        about=replace(ABOUT, problem="The host key has changed."),
        **_figure("dssr_ssh_host_key_changed", 1.0, ("host", "login2")),
    )
    assert len(troubles(seen)) == 1
