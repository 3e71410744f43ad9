"""What the bridge exports on the node for the upstream's job script."""

import subprocess

from dssr.job import JobSpec
from dssr.settings import Settings
from tests.dssr.upstream.job_scripts import job, text


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


def test_all_exports_of_the_contract_reach_the_node() -> None:
    """Each variable of the contract reaches the node with its value, whatever characters it holds;
    the command is pasted as shell."""
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
    """Settings that are empty are exported as empty: scripts run under `set -u` too, and an empty
    scratch directory gets no '/'."""
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
    """A command that ends in a backslash does not swallow the line after it."""
    spec = job(text("{DOWNSTREAM_PARAMETERS}echo still here", JARVICE_CMD="x\\"))
    done = subprocess.run(["bash", "-c", spec.script], capture_output=True, check=True)
    assert done.stdout == b"still here\n"


def test_an_overlay_device_affects_its_own_job_only() -> None:
    """An overlay reaches the node with its job, and the next job has the setting's again."""
    settings = Settings(overlay_mb=300)
    changed, after = job(text(JOBOBJ_DEVICES='["overlay=0"]'), settings), job(text(), settings)
    assert (changed.overlay_mb, exported(changed)["JARVICE_SINGULARITY_OVERLAY_SIZE"]) == (0, "0")
    assert (after.overlay_mb, exported(after)["JARVICE_SINGULARITY_OVERLAY_SIZE"]) == (300, "300")
