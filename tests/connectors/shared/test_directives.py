"""The directives of a batch script, read as sbatch reads them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.shared.directives import options_of, read
from dssr.errors import BadRequest
from dssr.job import JobSpec
from tests.connectors.shared.scripts import ACCEPTED, REFUSED, Accepted, Refused


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: repr(case.script[10:50]))
def test_the_options_of_a_script(case: Accepted) -> None:
    """A script's options are those that sbatch reads in it, in their order."""
    assert tuple(str(option) for option in read(case.script)) == case.options


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: repr(case.script[:40]))
def test_a_script_that_is_refused(case: Refused) -> None:
    """The error says which line is wrong, what is wrong with it, and what to do."""
    with pytest.raises(BadRequest, match=case.sentence) as raised:
        read(case.script)
    assert "\n" not in raised.value.message


@pytest.mark.parametrize("script", ["echo\n", "# a comment\necho '#!'\n", "echo x\n#!/bin/bash\n"])
def test_a_script_with_neither_an_interpreter_nor_directives(script: str) -> None:
    """The bridge runs a script with neither an interpreter nor directives in bash, although sbatch
    refuses it."""
    assert read(script) == []


def test_a_plain_jobs_directives_and_an_upstream_jobs_devices() -> None:
    """A script that describes a job has no directives; its devices take their place."""
    script = "#!/bin/bash\n#SBATCH --qos=script\n"
    job = JobSpec("job", 1, 1, script, script, options=(("qos", "device"),))
    assert [str(option) for option in options_of(job)] == ["--qos=device"]
    plain = JobSpec("job", 1, 1, script, script, plain=True)
    assert [str(option) for option in options_of(plain)] == ["--qos=script"]


def test_a_request_has_both_and_its_own_come_last() -> None:
    """A job that ends by its exit code has its directives and then its request's options, with
    their places."""
    script = "#!/bin/bash\n#SBATCH --qos=script\n"
    job = JobSpec("job", 1, 1, script, script, by_exit_code=True, options=(("qos", "request"),))
    for spec in (job, replace(job, plain=True)):
        assert [option.shown for option in options_of(spec)] == [
            "--qos=script (line 2 of the script)",
            "--qos=request (in 'options' of the request)",
        ]


def outcome(text: str) -> str:
    """The options of a directive, or the refusal's sentence."""
    try:
        return repr(read("#!/bin/sh\n#SBATCH " + text))
    except BadRequest as error:
        return error.message


@given(st.text())
def test_any_line_is_options_or_one_refusal(text: str) -> None:
    """Any line is read as options or refused with one error."""
    assert outcome(text)


@pytest.mark.parametrize("hostile", ["-n 1 " * 100_000, "'" * 500_001, "\\" * 500_000], ids=len)
def test_half_a_megabyte_is_read_like_any_other(hostile: str) -> None:
    """Reading is linear in the script's length."""
    assert outcome(hostile)


@pytest.mark.parametrize(
    ("original", "number"),
    [
        ("#SBATCH --bogus=1\ntrue\n", 1),
        ("\n\n#!/bin/bash\r\n#SBATCH --bogus=1\r\n", 4),
        ("\ufeff#!/bin/bash\n#SBATCH --bogus=1", 2),
        ("", 2),
    ],
)
def test_a_line_has_its_number_in_the_script_as_it_was_written(original: str, number: int) -> None:
    """The number is that of the user's own line, whatever the bridge has put before it."""
    script = "#!/bin/bash\n#SBATCH --bogus=1\n"
    spec = JobSpec("name", 1, 0, script, script, original, by_exit_code=True, plain=True)
    with pytest.raises(BadRequest, match=rf"line {number} of the script"):
        options_of(spec)
