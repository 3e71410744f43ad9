"""The upstream's job script, from its text to what the job asks for and is given."""

import base64
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.job import JobSpec
from dssr.settings import Settings
from dssr.upstream.job_script import LONGEST_SECRET, describes_a_job, read

BASE = {
    "JOBOBJ_INTERACTIVE": "False",
    "JOBOBJ_APPDEFVERSION": "2",
    "JOBOBJ_REPO": "gcr.io/p/app:1",
    "JARVICE_CPU_CORES": "4",
}


def text(*body: str, **values: str) -> str:
    """A job script with the lines that every job needs, these, and a body."""
    lines = [f"{key}={value}" for key, value in (BASE | values).items() if value != "ABSENT"]
    return "\n".join(["#!/bin/bash", *lines, *body]) + "\n"


def job(source: str, settings: Settings | None = None, nodes: int = 1) -> JobSpec:
    """What the bridge reads from a script."""
    return read("name", 7, nodes, source, False, settings or Settings())


def exported(spec: JobSpec) -> dict[str, str]:
    """What the parameters export, by the word of a real bash."""
    names = [
        line.removeprefix("export ").partition("=")[0]
        for line in spec.parameters.splitlines()
        if line
    ]
    script = spec.parameters + "\n" + "".join(f'printf "%s\\0" "${name}"\n' for name in names)
    done = subprocess.run(
        ["/bin/bash", "-euc", script], env={"USER": "me"}, capture_output=True, check=True
    )
    return dict(zip(names, done.stdout.decode().split("\0"), strict=False))


def test_everything_that_a_job_asks_for_is_read() -> None:
    """Each key has its place, with the contract's units."""
    source = text(
        JOBOBJ_GPUS="2", JOBOBJ_RAM="16", JOBOBJ_LICENSES="abaqus:2", JOBOBJ_WALLTIME="1-02:03:04", JARVICE_CPU_CORES="8",
        JOBOBJ_DEVICES='["partition=gpu", "sbatch_qos=high", "overlay=64"]',
    )  # fmt: skip
    spec = read("a-name", 7, 3, source, True, Settings())
    assert (spec.name, spec.number, spec.nodes, spec.held, spec.source) == (
        "a-name",
        7,
        3,
        True,
        source,
    )
    assert (spec.cores, spec.memory_gb, spec.gpus, spec.licenses, spec.walltime) == (
        8,
        16,
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
        assert (spec.memory_gb, spec.gpus, spec.licenses, spec.walltime) == (0, 0, "", None)
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
    assert not describes_a_job(source)
    assert describes_a_job(source + "JOBOBJ_NAE=x\n")


def test_a_here_document_of_an_upstreams_script_changes_nothing() -> None:
    """Only the lines outside of it ask for something."""
    spec = job(text("cat <<'EOF'", "JOBOBJ_RAM=99", "JOBOBJ_GPUS=2", "EOF", JOBOBJ_RAM="ABSENT"))
    assert (spec.memory_gb, spec.gpus, spec.cores) == (0, 0, 4)


def test_a_script_without_jobobj_lines_is_a_plain_batch_script() -> None:
    """It is taken as it is, braces and placeholder included, and asks for nothing in its own name."""
    source = "#!/bin/sh\n#SBATCH -n 2\nJARVICE_CMD=x\n{DOWNSTREAM_PARAMETERS} {{ ${X}\n"
    spec = job(source)
    assert (spec.plain, spec.contained, spec.exclusive, spec.script) == (True, False, False, source)
    assert (spec.parameters, spec.secrets, spec.image) == ("", (), "")


@pytest.mark.parametrize("value", ["True", "", "false", "ABSENT", "0"])
def test_an_interactive_job_is_refused_where_none_are_served(value: str) -> None:
    """Anything but the word False is interactive, absence too; the sentence says what to write."""
    source = text(JOBOBJ_INTERACTIVE=value, JOBOBJ_DEVICES='["exclusive=False"]')
    refusal = "^interactive jobs are not supported on this cluster: write JOBOBJ_INTERACTIVE=False"
    for settings in (Settings(), Settings(jobs_domain="jobs.example")):
        with pytest.raises(BadRequest, match=refusal):
            job(source, settings)
    spec = read("name", 7, 1, source, False, Settings(), interactive=True)
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
    """The sentence names the key and says what to write."""
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
    """The sentence names the key that is wrong or missing."""
    with pytest.raises(BadRequest, match=key):
        job(text(**{key: value}))


@pytest.mark.parametrize("nodes", [0, -1])
def test_a_job_has_nodes(nodes: int) -> None:
    """None or fewer cannot run anything."""
    with pytest.raises(BadRequest, match="'nodes'"):
        job(text(), nodes=nodes)


def test_a_name_that_cannot_be_one_is_refused() -> None:
    """The rule for names holds here too."""
    with pytest.raises(BadRequest, match="'name'"):
        read("x$(touch f)", 1, 1, text(), False, Settings())


@pytest.mark.parametrize(("gpus", "whole"), [("0", False), ("1", True)])
def test_a_gpu_job_always_takes_whole_nodes(gpus: str, whole: bool) -> None:
    """exclusive=False counts for jobs without GPUs."""
    assert job(text(JOBOBJ_GPUS=gpus, JOBOBJ_DEVICES='["exclusive=False"]')).exclusive is whole


def test_an_overlay_device_counts_for_its_own_job_only() -> None:
    """It reaches the node with its job, and the next job has the setting's again."""
    settings = Settings(overlay_mb=300)
    changed, after = job(text(JOBOBJ_DEVICES='["overlay=0"]'), settings), job(text(), settings)
    assert (changed.overlay_mb, exported(changed)["JARVICE_SINGULARITY_OVERLAY_SIZE"]) == (0, "0")
    assert (after.overlay_mb, exported(after)["JARVICE_SINGULARITY_OVERLAY_SIZE"]) == (300, "300")


def test_all_exports_of_the_contract_reach_the_node() -> None:
    """Each by its name with its value, whatever characters it holds; the command is pasted as the shell that it is."""
    settings = Settings(
        scratch_dir="/scratch/a b/",
        global_scratch_dir="/global/",
        global_registries=("gcr.io/p",),
        tmpdir="/big'tmp",
        verbose=True,
        http_proxy="http://p:1",
        https_proxy="http://$(id)",
        no_proxy="a,b",
        system_registry="us.gcr.io",
        system_repo_base="j/b",
    )
    assert exported(job(text(JARVICE_CMD="\"/bin/ls -l 'a b'\"'\"x\"'"), settings)) == {
        "JARVICE_JOB_SCRATCH_DIR": "/scratch/a b/",
        "JARVICE_JOB_GLOBAL_SCRATCH_DIR": "/global/",
        "JARVICE_JOB_APP_IS_IN_GLOBAL_REGISTRIES": "True",
        "SINGULARITYENV_JARVICE_SERVICE_PORT": "2228",
        "SINGULARITYENV_JARVICE_SSH_PORT": "2227",
        "JARVICE_SINGULARITY_TMPDIR": "/big'tmp",
        "JOB_LOCAL_USER": "me",
        "JARVICE_SINGULARITY_OVERLAY_SIZE": "600",
        "JARVICE_APP_IMAGE": "docker://gcr.io/p/app:1",
        "JARVICE_INIT_IMAGE": "docker://us.gcr.io/j/b/initv2:latest",
        "SV": "true",
        "SV_FLAG": "-v",
        "SCHTTP_PROXY": "http://p:1",
        "SCHTTPS_PROXY": "http://$(id)",
        "SCNO_PROXY": "a,b",
        "JARVICE_CMD": "/bin/ls -l 'a b'\"x\"",
    }


def test_what_is_not_set_is_exported_empty() -> None:
    """Scripts run under `set -u` too; an empty scratch directory stays empty and gets no '/'."""
    found = exported(job(text(JOBOBJ_REPO="ABSENT")))
    empty = (
        "JARVICE_JOB_SCRATCH_DIR",
        "JARVICE_JOB_GLOBAL_SCRATCH_DIR",
        "JARVICE_APP_IMAGE",
        "JARVICE_INIT_IMAGE",
        "JARVICE_CMD",
    )
    assert [found[name] for name in empty] == [""] * len(empty)
    assert (found["SV"], found["SV_FLAG"], found["JARVICE_JOB_APP_IS_IN_GLOBAL_REGISTRIES"]) == (
        "false",
        "-s",
        "False",
    )


def test_a_command_that_ends_in_a_backslash_swallows_nothing() -> None:
    """The line behind it belongs to the script."""
    spec = job(text("{DOWNSTREAM_PARAMETERS}echo still here", JARVICE_CMD="x\\"))
    done = subprocess.run(["bash", "-c", spec.script], capture_output=True, check=True)
    assert done.stdout == b"still here\n"


def test_a_format_string_is_filled_in() -> None:
    """Double braces are single ones, in the keys too."""
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
    """Quotes, backslashes, CRLF, umlauts: the script is the upstream's, with the parameters in their place."""
    spec = job(text("{DOWNSTREAM_PARAMETERS}") + "#\n#" + body)
    assert spec.script == text(spec.parameters) + "#\n#" + body


def test_a_script_with_crlf_is_read_like_any_other() -> None:
    """Carriage returns are no part of the values, and stay in the script."""
    source = text(JOBOBJ_RAM="3", JOBOBJ_WALLTIME="5").replace("\n", "\r\n")
    spec = job(source)
    assert (spec.memory_gb, spec.walltime, spec.cores, spec.script) == (3, 300, 4, source)


AUTHS = base64.b64encode(
    json.dumps({"auths": {"gcr.io": {"auth": "aHVzaDpodXNo"}}}).encode()
).decode()
OWN = '{"server": "gcr.io", "username": "hush", "password": "hush-hush"}'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("body", ["", "{DOWNSTREAM_PARAMETERS}"])
def test_credentials_are_in_nothing_but_the_secrets(body: str, end: str) -> None:
    """The script takes them from the environment; no text that is shown or logged holds them, nor their base64."""
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
    """With the secrets exported, each line gives its variable the value that the upstream wrote, an empty one too."""
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
    """Every command of such a job would fail with 'Argument list too long'."""
    assert job(text(JOBOBJ_CTRSECRET="x" * LONGEST_SECRET)).secrets
    with pytest.raises(BadRequest, match=r"JOBOBJ_CTRSECRET .*bytes"):
        job(text(JOBOBJ_CTRSECRET="x" * (LONGEST_SECRET + 1)))


def outcome(source: str) -> str:
    """The script that was read, or the refusal's sentence."""
    try:
        return job(source).source
    except BadRequest as error:
        return error.message


@given(st.text())
def test_any_text_is_read_or_refused(source: str) -> None:
    """Nothing but a BadRequest comes out of a bad script."""
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
    """The same for the value of each key."""
    assert outcome(text(**values))


def test_a_megabyte_is_a_script_like_any_other() -> None:
    """Large scripts arrive whole."""
    body = "echo '" + "x" * 1_000_000 + "'"
    assert job(text("{DOWNSTREAM_PARAMETERS}", body)).script.endswith(body + "\n")
