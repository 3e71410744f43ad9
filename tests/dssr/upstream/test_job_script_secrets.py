"""The credentials in the upstream's job script."""

import base64
import json
import subprocess

import pytest

from dssr.errors import BadRequest
from dssr.settings import Settings
from dssr.upstream.job_script import LONGEST_SECRET
from tests.dssr.upstream.job_scripts import job, text

AUTHS = base64.b64encode(
    json.dumps({"auths": {"gcr.io": {"auth": "aHVzaDpodXNo"}}}).encode()
).decode()
OWN = '{"server": "gcr.io", "username": "hush", "password": "hush-hush"}'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("body", ["", "{DOWNSTREAM_PARAMETERS}"])
def test_credentials_are_in_nothing_but_the_secrets(body: str, end: str) -> None:
    """The script takes them from the environment; no text that is shown or logged holds them, nor
    their base64."""
    doubled = OWN.replace("{", "{{").replace("}", "}}") if body else OWN
    settings = Settings(docker_username="hush-sys", docker_password="hush-syspw")
    source = text(body, JOBOBJ_CTRSECRET=AUTHS, JOBOBJ_DOCKER_SECRET=doubled).replace("\n", end)
    spec = job(source, settings)
    shown = spec.script + spec.parameters + repr(spec).replace(repr(spec.source), "")
    for hidden in ("hush", AUTHS, "aHVzaD", *(value for _, value in spec.secrets)):
        assert hidden not in shown
    assert dict(spec.secrets)["JOBOBJ_CTRSECRET"] == AUTHS
    assert dict(spec.secrets)["JOBOBJ_DOCKER_SECRET"] == OWN
    assert (
        f"JOBOBJ_CTRSECRET=$JOBOBJ_CTRSECRET{end}JOBOBJ_DOCKER_SECRET=$JOBOBJ_DOCKER_SECRET{end}"
        in spec.script
    )


def test_the_script_still_sees_its_credentials() -> None:
    """With the secrets exported, each line gives its variable the value that the upstream wrote, an
    empty one too."""
    spec = job(
        text(
            'echo "$JOBOBJ_CTRSECRET|$JOBOBJ_DOCKER_SECRET"',
            JOBOBJ_CTRSECRET=AUTHS,
            JOBOBJ_DOCKER_SECRET="",
        )
    )
    done = subprocess.run(
        ["/bin/bash", "-euc", spec.script], env=dict(spec.secrets), capture_output=True, check=True
    )
    assert done.stdout.decode() == f"{AUTHS}|\n"


def test_every_line_with_credentials_is_covered() -> None:
    """A second line of the same key, and one right behind the placeholder, show nothing either."""
    body = ("JOBOBJ_CTRSECRET=hush2", "{DOWNSTREAM_PARAMETERS}JOBOBJ_CTRSECRET=hush3")
    spec = job(text(*body, JOBOBJ_CTRSECRET="hush1"))
    assert "hush" not in spec.script
    assert dict(spec.secrets)["JOBOBJ_CTRSECRET"] == "hush1"


def test_a_secret_too_large_for_an_environment_is_refused() -> None:
    """A secret that no environment can hold is refused: every command of such a job would fail."""
    assert job(text(JOBOBJ_CTRSECRET="x" * LONGEST_SECRET)).secrets
    with pytest.raises(BadRequest, match=r"JOBOBJ_CTRSECRET .*bytes"):
        job(text(JOBOBJ_CTRSECRET="x" * (LONGEST_SECRET + 1)))
