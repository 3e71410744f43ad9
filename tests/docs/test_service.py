"""`deploy/dssr.service`: the bridge that it starts, and the handbook's page that says how to set
it up."""

import configparser
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from dssr import configuration
from dssr.cli.command_list import LINES
from dssr.cli.exits import USAGE
from dssr.cli.settings import groups
from tests.docs.markdown import ROOT, handbook

UNIT = ROOT / "deploy/dssr.service"
TITLE = "Run it as a service"
CHECKOUT = "/opt/dssr"
FORBIDDEN = (
    "NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectKernelModules",
    "ProtectKernelTunables", "ProtectControlGroups", "RestrictNamespaces", "RestrictSUIDSGID",
    "LockPersonality",
)  # fmt: skip


def unit() -> configparser.ConfigParser:
    """The unit, read by the rules of systemd.syntax(7); of an option that is set more than once,
    the last value."""
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, delimiters="=", comment_prefixes=("#", ";")
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    return parser


def environment() -> dict[str, str]:
    """The variables that the unit sets."""
    found = re.findall(r"^Environment=(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE)
    assert len(dict(found)) == len(found) >= 5
    return dict(found)


@pytest.fixture
def places(tmp_path: Path) -> Mapping[str, str]:
    """The variables, with each file that they name in ``tmp_path`` instead of /etc/dssr."""
    for path in re.findall(r"/etc/dssr/(\w+)", UNIT.read_text()):
        (tmp_path / path).write_text("jarvice:a-long-password\n")
    return {
        name: value.replace("/etc/dssr", str(tmp_path)) for name, value in environment().items()
    }


def test_it_starts_the_bridge() -> None:
    """The unit starts the program that deploy/environment.sh creates in the checkout, with an
    existing command."""
    program, *words = shlex.split(unit()["Service"]["ExecStart"])
    assert program.startswith(CHECKOUT + "/")
    assert (ROOT / Path(program).relative_to(CHECKOUT)).name == "dssr"
    assert "dssr = dssr.cli.entry:main" in (ROOT / "setup.cfg").read_text()
    assert words == ["serve"]
    assert "serve" in LINES


def test_wrong_settings_are_not_tried_again_and_again() -> None:
    """systemd restarts the bridge after a failure, but not after wrong settings."""
    service = unit()["Service"]
    assert (service["Restart"], service["RestartPreventExitStatus"]) == (
        "on-failure",
        str(USAGE),
    )


def test_its_settings_are_good_ones(places: Mapping[str, str]) -> None:
    """Each of the unit's settings exists, and together they describe a cluster that is reached
    over SSH."""
    configured = configuration.load(places, files=False)
    assert not [warning for warning in configured.warnings if "no setting" in warning]
    assert configured.connector.name == "slurm"
    assert configured.settings.server_key == "jarvice:a-long-password"


def test_it_contains_no_secret() -> None:
    """Secrets come from files, because every user who can read the unit sees its environment."""
    secret = {one.name for group in groups({}).values() for one in group if one.is_secret}
    assert secret & environment().keys() == set()
    assert {name.removesuffix("_FILE") for name in environment()} & secret


def test_it_has_a_user_of_its_own_who_may_do_little() -> None:
    """The bridge has a user of its own, and can write only the directories that systemd creates,
    such as the audit log's."""
    service = unit()["Service"]
    assert service["User"] == service["Group"] == "dssr"
    assert {name: service.get(name) for name in FORBIDDEN} == dict.fromkeys(FORBIDDEN, "yes")
    assert (service["ProtectSystem"], service["CapabilityBoundingSet"]) == ("strict", "")
    assert environment()["JARVICE_SCHED_AUDIT_LOG"].startswith(
        f"/var/log/{service['LogsDirectory']}/"
    )


def test_the_handbook_creates_what_it_needs() -> None:
    """The handbook's commands create the user and each file in /etc/dssr that the unit needs,
    and install the unit."""
    text = handbook("operating").section(TITLE)
    assert re.search(r"^useradd .* dssr$", text, re.MULTILINE)
    needed = set(re.findall(r"=(/etc/dssr/\w+)", UNIT.read_text()))
    assert {path for path in needed if path not in text} == set()
    assert "cp deploy/dssr.service /etc/systemd/system/" in text
    assert f'docs/pages/operating.md, "{TITLE}"' in UNIT.read_text()
