"""Directories of the cluster over HTTP."""

import pytest

from tests.cluster import Cluster
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Service

pytestmark = pytest.mark.cluster


def listed(service: Service, path: str, *details: str) -> tuple[int, str]:
    """Status and text of the response."""
    answer = service.post(
        "/request/pvcls",
        {"qs": {"path": [path], **({"details": list(details)} if details else {})}},
    )
    return answer.status_code, answer.text


def test_the_home_directory(native: Service, cluster: Cluster) -> None:
    """A listing has directories first and a line for each entry, with time and size on request; a
    name of two lines is left out."""
    make = (
        "mkdir -p shown/inner && cd shown && "
        "touch -d @1700000000 -- -rf 'two\nlines' 'a;id' && ln -s /etc out"
    )
    assert cluster.run("login", ["sh", "-c", make], user="jarvice").returncode == 0
    shown = "/data/home/jarvice/shown/"
    assert listed(native, "/home/jarvice/shown") == (
        200,
        f"{shown}\n{shown}inner/\n{shown}-rf\n{shown}a;id\n",
    )
    assert (
        f"1700000000 0 {shown}-rf" in listed(native, "/home/jarvice/shown", "true")[1].splitlines()
    )


@pytest.mark.parametrize(
    "path",
    [
        "/etc",
        "/",
        "/home/jarvice/shown/out",
        "/home/jarvice/../alice",
        "/home/jarvice/../none",
        "x",
    ],
)
def test_outside_the_roots(native: Service, path: str) -> None:
    """A directory outside the roots gets 401 with the setting's name, whether it exists or not."""
    status, text = listed(native, path)
    assert (status, "JARVICE_PVCLS_ROOTS" in text) == (401, True), text


def test_nothing_there(native: Service) -> None:
    """A directory that does not exist gets 401 with the reason."""
    assert listed(native, "/home/jarvice/none") == (
        401, "Nothing to show at '/home/jarvice/none' on the cluster: No such file or directory.\n"
    )  # fmt: skip


def test_roots_of_the_operator_s(start: Start, cluster: Cluster) -> None:
    """The operator's roots replace the default, the home directory."""
    service = start(
        cluster.settings()
        | {"JARVICE_BAREMETAL_EXECUTOR": "native", "JARVICE_PVCLS_ROOTS": "/opt/images, /srv"}
    )
    status, text = listed(service, "/opt/images")
    assert (status, "/data/opt/images/box.sif\n" in text) == (200, True)
    assert listed(service, "/home/jarvice")[0] == 401
