"""`deploy/dssr.service`, against the bridge that it starts and the README that says how to set it up."""

import configparser
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from dssr import settings
from dssr.cli import main as command
from dssr.settings.validation import check
from tests.docs.markdown import ROOT, section

UNIT = ROOT / "deploy/dssr.service"
TITLE = "Run it as a service"
CHECKOUT = "/opt/dssr"
FORBIDDEN = (
    "NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectKernelModules", "ProtectKernelTunables",
    "ProtectControlGroups", "RestrictNamespaces", "RestrictSUIDSGID", "LockPersonality",
)  # fmt: skip


def unit() -> configparser.ConfigParser:
    """The unit as systemd.syntax(7) has it; of an option that stands there more than once, the last."""
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, delimiters="=", comment_prefixes=("#", ";")
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    return parser


def environment() -> dict[str, str]:
    """The variables that it sets."""
    found = re.findall(r"^Environment=(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE)
    assert len(dict(found)) == len(found) >= 5
    return dict(found)


@pytest.fixture
def places(tmp_path: Path) -> Mapping[str, str]:
    """The variables, each file that one names lying below ``tmp_path`` instead."""
    for path in re.findall(r"/etc/dssr/(\w+)", UNIT.read_text()):
        (tmp_path / path).write_text("jarvice:a-long-password\n")
    return {
        name: value.replace("/etc/dssr", str(tmp_path)) for name, value in environment().items()
    }


def test_it_starts_the_bridge() -> None:
    """By the program that deploy/environment.sh makes in the checkout, with a command that there is."""
    program, *words = shlex.split(unit()["Service"]["ExecStart"])
    assert program.startswith(CHECKOUT + "/")
    assert (ROOT / Path(program).relative_to(CHECKOUT)).name == "dssr"
    assert "dssr = dssr.cli.main:main" in (ROOT / "setup.cfg").read_text()
    assert command._parser().parse_args(words).command == "serve"


def test_wrong_settings_are_not_tried_again_and_again() -> None:
    """Other failures are."""
    service = unit()["Service"]
    assert (service["Restart"], service["RestartPreventExitStatus"]) == (
        "on-failure",
        str(command.BAD_SETTINGS),
    )


def test_its_settings_are_good_ones(places: Mapping[str, str]) -> None:
    """Each exists, and together they make sense; the cluster is one that is reached over SSH."""
    understood = check(settings.load(places))
    assert understood.others == {}
    assert (understood.connector, understood.server_key) == ("slurm", "jarvice:a-long-password")


def test_no_secret_stands_in_it() -> None:
    """Whoever may see a unit sees its environment; secrets come from files."""
    secret = {f.metadata["name"] for f in settings.table() if f.metadata["secret"]}
    assert secret & environment().keys() == set()
    assert {name.removesuffix("_FILE") for name in environment()} & secret


def test_it_has_a_user_of_its_own_who_may_do_little() -> None:
    """Nothing is written but what systemd makes for it, and the audit log lies there."""
    service = unit()["Service"]
    assert service["User"] == service["Group"] == "dssr"
    assert {name: service.get(name) for name in FORBIDDEN} == dict.fromkeys(FORBIDDEN, "yes")
    assert (service["ProtectSystem"], service["CapabilityBoundingSet"]) == ("strict", "")
    assert environment()["JARVICE_SCHED_AUDIT_LOG"].startswith(
        f"/var/log/{service['LogsDirectory']}/"
    )


def test_the_readme_makes_what_it_needs() -> None:
    """The user, each file in /etc/dssr that must be there, and the unit in its place."""
    text = section(TITLE)
    assert re.search(r"^useradd .* dssr$", text, re.MULTILINE)
    needed = set(re.findall(r"=(/etc/dssr/\w+)", UNIT.read_text()))
    assert {path for path in needed if path not in text} == set()
    assert "cp deploy/dssr.service /etc/systemd/system/" in text
    assert f'README.md, "{TITLE}"' in UNIT.read_text()
