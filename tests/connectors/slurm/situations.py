"""Jobs in every situation that was recorded (``recorded/<generation>/why/``, made by
``tests.cluster.record_why``), as the bridge's questions found them."""

import dataclasses
from typing import Any

from connectors.slurm.words.findings import Findings
from connectors.slurm.words.states import state_of
from connectors.slurm.words.why import explain
from dssr.record import Why
from tests.cluster.record_why import FORGED_NAME
from tests.connectors.slurm.recordings import GENERATIONS, HERE, recorded

SITUATIONS = {
    generation: sorted(path.stem for path in (HERE / generation / "why").iterdir())
    for generation in GENERATIONS
}
EVERYWHERE = sorted(set.intersection(*map(set, SITUATIONS.values())))


def sections_of(generation: str, situation: str) -> dict[str, str]:
    """The recorded answers, by the name of their section."""
    parts = f"\n{recorded(generation, f'why/{situation}.txt')}".split("\n=== ")[1:]
    return {head: f"{rest}\n" for head, _, rest in (part.partition("\n") for part in parts)}


def findings(generation: str, situation: str, **change: Any) -> Findings:
    """What was found out about the job of that situation."""
    sections = sections_of(generation, situation)
    native_id = sections["job"].split()[0].removeprefix("JobId=")
    name = FORGED_NAME if situation == "hostile" else ""
    output = sections.pop("output", "").encode()
    found = Findings(native_id, name, sections, output=output)
    return dataclasses.replace(found, **change)


def why(generation: str, situation: str, **change: Any) -> Why:
    """The explanation of the job of that situation, in the state that the controller shows."""
    found = findings(generation, situation, **change)
    return explain(state_of(findings(generation, situation).job["JobState"]), found)
