"""A person at a terminal answers what a front asks."""

import tempfile
from pathlib import Path

from connectors.transports.forwarding import ask
from tests.terminal import on_terminal

# Asks as ssh does, with the status line that is shown meanwhile.
PROGRAM = """
import subprocess, sys
from pathlib import Path
from dssr.cli.service_asking import answering
from dssr.cli.status_line import StatusLine
from dssr.client.own_services import OwnServices
class Own(OwnServices):
    def __init__(self): self.fronts = self
    def asks_at(self, name): return Path(sys.argv[1]) / f"{name}.ask"
with answering(Own(), "demo"), StatusLine(lambda: "demo  waits"):
    for question in sys.argv[3:]:
        print(subprocess.run([sys.argv[2], question], capture_output=True, text=True).stdout)
print("left", list(Path(sys.argv[1]).glob("*.ask")))
"""


def test_a_question_is_answered_at_the_terminal() -> None:
    """A secret is not shown, a host's key is confirmed in the open, and nothing is left."""
    questions = ("alice's code:", "Are you sure (yes/no)?")
    with tempfile.TemporaryDirectory(prefix="ask.") as name:
        program = ask.environment(Path(name), f"{name}/demo.ask")["SSH_ASKPASS"]
        answers = {"demo: alice's code:": "123456", "demo: Are you sure": "yes"}
        shown = on_terminal(PROGRAM, answers, name, program, *questions)
    assert shown.count("123456") == 1  # what the program prints
    assert shown.count("yes\r\n") == 2
    assert shown.rstrip().endswith("left []")
