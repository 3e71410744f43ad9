"""The upstream's job script, from its text to what the job asks for and is given."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.settings import Settings
from dssr.upstream.job_script import read
from dssr.upstream.syntax import parse
from tests.dssr.upstream.job_scripts import job, text


def test_everything_that_a_job_asks_for_is_read() -> None:
    """Each key has its place, with the contract's units."""
    source = text(
        JOBOBJ_GPUS="2", JOBOBJ_RAM="16", JOBOBJ_LICENSES="abaqus:2",
        JOBOBJ_WALLTIME="1-02:03:04", JARVICE_CPU_CORES="8",
        JOBOBJ_DEVICES='["partition=gpu", "sbatch_qos=high", "overlay=64"]',
    )  # fmt: skip
    spec = read("a-name", 7, 3, parse(source), True, Settings())
    assert (spec.name, spec.number, spec.nodes, spec.held, spec.source) == (
        "a-name",
        7,
        3,
        True,
        source,
    )
    assert (spec.cores, spec.memory_mb, spec.gpus, spec.licenses, spec.walltime) == (
        8,
        16384,
        2,
        "abaqus:2",
        93784,
    )
    assert (spec.partition, spec.options, spec.overlay_mb) == ("gpu", (("qos", "high"),), 64)
    assert (spec.image, spec.plain, spec.contained, spec.interactive) == (
        "docker://gcr.io/p/app:1",
        False,
        False,
        False,
    )


def test_what_is_absent_is_not_asked_for() -> None:
    """Absent, empty and None are the same for what a job may leave out."""
    bare = job(text())
    empty = job(
        text(
            JOBOBJ_GPUS="",
            JOBOBJ_RAM="",
            JOBOBJ_LICENSES="None",
            JOBOBJ_WALLTIME="None",
            JOBOBJ_DEVICES="None",
        )
    )
    for spec in (bare, empty):
        assert (spec.memory_mb, spec.gpus, spec.licenses, spec.walltime) == (0, 0, "", None)
        assert (spec.partition, spec.options, spec.overlay_mb, spec.exclusive) == (
            "",
            (),
            600,
            True,
        )


@pytest.mark.parametrize("text_of_limit", ["", "None", "UNLIMITED", " ", "0"])
def test_no_time_limit(text_of_limit: str) -> None:
    """Absent, Python's None, Slurm's words for 'no limit' and a limit of zero are no limit."""
    assert job(text(JOBOBJ_WALLTIME=text_of_limit)).walltime is None
    assert job(text(JOBOBJ_WALLTIME=" 10 ")).walltime == 600


def test_a_here_document_of_a_plain_script_describes_no_job() -> None:
    """A script that writes a job script of the upstream's is a plain batch script itself."""
    source = "#!/bin/bash\ncat >job <<EOF\nJOBOBJ_NAE=x\nEOF\n"
    assert job(source).plain
    assert not parse(source).fields.describe_a_job
    assert parse(source + "JOBOBJ_NAE=x\n").fields.describe_a_job


def test_a_here_document_of_an_upstreams_script_changes_nothing() -> None:
    """Only the lines outside of here-documents ask for something."""
    spec = job(text("cat <<'EOF'", "JOBOBJ_RAM=99", "JOBOBJ_GPUS=2", "EOF", JOBOBJ_RAM="ABSENT"))
    assert (spec.memory_mb, spec.gpus, spec.cores) == (0, 0, 4)


def test_a_script_without_jobobj_lines_is_a_plain_batch_script() -> None:
    """A plain script is taken as it is, braces and placeholder included, and asks for nothing in
    its own name."""
    source = "#!/bin/sh\n#SBATCH -n 2\nJARVICE_CMD=x\n{DOWNSTREAM_PARAMETERS} {{ ${X}\n"
    spec = job(source)
    assert (spec.plain, spec.contained, spec.exclusive, spec.script) == (True, False, False, source)
    assert (spec.parameters, spec.secrets, spec.image) == ("", (), "")


@pytest.mark.parametrize("value", ["True", "", "false", "ABSENT", "0"])
def test_an_interactive_job_has_its_nodes_alone(value: str) -> None:
    """A job whose JOBOBJ_INTERACTIVE is anything but False, or absent, is interactive, and has its
    nodes alone."""
    spec = job(text(JOBOBJ_INTERACTIVE=value, JOBOBJ_DEVICES='["exclusive=False"]'))
    assert (spec.interactive, spec.exclusive) == (True, True)


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("1", "from 2"),
        ("0", "from 2"),
        ("-1", "from 2"),
        ("ABSENT", "is missing.* 2 or more"),
        ("two", "number from 2"),
    ],
)
def test_an_old_application_definition_is_refused(version: str, why: str) -> None:
    """The error about an old application definition names the key and says what to write."""
    with pytest.raises(BadRequest, match=f"JOBOBJ_APPDEFVERSION.*{why}"):
        job(text(JOBOBJ_APPDEFVERSION=version))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("JARVICE_CPU_CORES", "ABSENT"),
        ("JARVICE_CPU_CORES", "0"),
        ("JARVICE_CPU_CORES", "many"),
        ("JOBOBJ_GPUS", "-1"),
        ("JOBOBJ_GPUS", "all"),
        ("JOBOBJ_RAM", "-4"),
        ("JOBOBJ_RAM", "4G"),
        ("JOBOBJ_WALLTIME", "soon"),
        ("JOBOBJ_WALLTIME", "1:2:3:4"),
        ("JOBOBJ_DEVICES", "[overlay=1]"),
    ],
)
def test_a_bad_value_is_refused_by_its_key(key: str, value: str) -> None:
    """The error names the key that is wrong or missing."""
    with pytest.raises(BadRequest, match=key):
        job(text(**{key: value}))


@pytest.mark.parametrize("nodes", [0, -1])
def test_a_job_has_nodes(nodes: int) -> None:
    """A job on no nodes, or fewer, is refused."""
    with pytest.raises(BadRequest, match="'nodes'"):
        job(text(), nodes=nodes)


def test_a_name_that_cannot_be_one_is_refused() -> None:
    """A job's name follows the rule for names."""
    with pytest.raises(BadRequest, match="'name'"):
        read("x$(touch f)", 1, 1, parse(text()), False, Settings())


@pytest.mark.parametrize(("gpus", "whole"), [("0", False), ("1", True)])
def test_a_gpu_job_always_takes_whole_nodes(gpus: str, whole: bool) -> None:
    """exclusive=False takes effect for jobs without GPUs only."""
    assert job(text(JOBOBJ_GPUS=gpus, JOBOBJ_DEVICES='["exclusive=False"]')).exclusive is whole


def test_a_format_string_is_filled_in() -> None:
    """The double braces of a format string become single ones, in the keys too."""
    secret = '{{"server": "gcr.io", "username": "u", "password": "p"}}'
    spec = job(text("{DOWNSTREAM_PARAMETERS}", "echo ${{X}}", JOBOBJ_DOCKER_SECRET=secret))
    assert spec.contained
    assert spec.script.endswith(spec.parameters + "\necho ${X}\n")
    assert dict(spec.secrets)["JARVICE_DOCKER_USERNAME"] == base64.b64encode(b"u").decode()


def test_shell_with_braces_of_its_own_is_verbatim() -> None:
    """Only the placeholder is replaced in a script that is no format string."""
    body = "echo ${X} {{a,b}} '{'"
    assert job(text("{DOWNSTREAM_PARAMETERS}", body)).script.endswith(f"\n{body}\n")
    assert job(text(body)).script == text(body)


@given(st.text(st.characters(codec="utf-8", exclude_characters="{}")))
def test_a_body_without_braces_survives_whatever_it_holds(body: str) -> None:
    """A body without braces keeps its quotes, backslashes, CRLF and umlauts, with the parameters in
    their place."""
    spec = job(text("{DOWNSTREAM_PARAMETERS}") + "#\n#" + body)
    assert spec.script == text(spec.parameters) + "#\n#" + body


def test_a_script_with_crlf_is_read_like_any_other() -> None:
    """Carriage returns are no part of the values, and stay in the script."""
    source = text(JOBOBJ_RAM="3", JOBOBJ_WALLTIME="5").replace("\n", "\r\n")
    spec = job(source)
    assert (spec.memory_mb, spec.walltime, spec.cores, spec.script) == (3072, 300, 4, source)


def outcome(source: str) -> str:
    """The script that was read, or the refusal's sentence."""
    try:
        return job(source).source
    except BadRequest as error:
        return error.message


@given(st.text())
def test_any_text_is_read_or_refused(source: str) -> None:
    """Any script is read or raises ``BadRequest``."""
    assert outcome("JOBOBJ_X=\n" + source)


KEYS = [
    "REPO",
    "NAE",
    "ARCH",
    "CTRSECRET",
    "DOCKER_SECRET",
    "LICENSES",
    "DEVICES",
    "WALLTIME",
    "RAM",
    "GPUS",
    "USER",
]


@given(
    st.dictionaries(
        st.sampled_from([f"JOBOBJ_{key}" for key in KEYS] + ["JARVICE_CMD"]), st.text(max_size=30)
    )
)
def test_any_value_is_read_or_refused(values: dict[str, str]) -> None:
    """Any value of any key is read or raises ``BadRequest``."""
    assert outcome(text(**values))


def test_a_megabyte_is_a_script_like_any_other() -> None:
    """Large scripts arrive whole."""
    body = "echo '" + "x" * 1_000_000 + "'"
    assert job(text("{DOWNSTREAM_PARAMETERS}", body)).script.endswith(body + "\n")
