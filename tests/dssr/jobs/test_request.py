"""What a request asks for."""

from typing import Any

import pytest

from dssr.errors import BadRequest
from dssr.job import JobSpec
from dssr.jobs.request import JobRequest, Origin, spec_of

ALICE = Origin(caller="token/alice", key="k1")


def spec(origin: Origin = ALICE, **more: Any) -> JobSpec:
    return spec_of(JobRequest(**{"script": "echo hi\n"} | more), origin)


def test_what_is_left_out_is_left_to_the_script_and_the_scheduler() -> None:
    """A script alone is a plain job that ends by its exit code, keeps its files, shares its nodes,
    and asks for nothing else."""
    asked = spec()
    assert (asked.name, asked.plain, asked.by_exit_code, asked.keeps_files) == (
        *("job", True, True, True),
    )
    assert (asked.nodes, asked.cores, asked.memory_mb, asked.gpus) == (0, 0, 0, 0)
    assert (asked.walltime, asked.exclusive, asked.executor) == (None, False, "native")


def test_the_name_is_the_members_or_the_scripts() -> None:
    """The member goes before the directive, which goes before the default."""
    script = "#SBATCH --job-name=relax\nhostname\n"
    assert spec(script=script).name == "relax"
    assert spec(script=script, name="mine").name == "mine"


def test_members_become_what_the_job_asks_for() -> None:
    """Each member has its place; the environment is with the secrets, which no command line
    has."""
    asked = spec(
        nodes=2, cores_per_node=8, memory_mb_per_node=16000, gpus_per_node=1,
        walltime_seconds=3600, partition="batch", account="p1", qos="high", constraint="a&b",
        environment={"A": "it's\n"}, arguments=("--steps", "3"), held=True, exclusive=True,
        labels={"b": "2", "a": "1"}, options={"mail-type": "END"}, working_directory="/s//run/",
    )  # fmt: skip
    assert (asked.nodes, asked.cores, asked.memory_mb, asked.gpus) == (2, 8, 16000, 1)
    assert (asked.walltime, asked.partition, asked.held, asked.exclusive) == (
        *(3600, "batch", True, True),
    )
    assert dict(asked.options) == {
        "mail-type": "END", "account": "p1", "qos": "high", "constraint": "a&b",
    }  # fmt: skip
    assert asked.secrets == (("A", "it's\n"),)
    assert asked.arguments == ("--steps", "3")
    assert asked.labels == (("a", "1"), ("b", "2"))
    assert asked.working_directory == "/s/run"


def test_one_key_and_one_body_are_one_job() -> None:
    """The same key and body have one number and token; another body has another token, another
    caller, owner or key another number."""
    assert spec().token == spec().token
    assert spec(nodes=2).number == spec().number
    assert spec(nodes=2).token != spec().token
    others = [
        Origin(caller="token/bob", key="k1"),
        Origin(caller="token/alice", key="k2"),
        Origin(caller="token/alice", key="k1", owner="carol"),
    ]
    numbers = {spec(origin).number for origin in [ALICE, *others]}
    digests = {spec(origin).idempotency for origin in [ALICE, *others]}
    assert (len(numbers), len(digests)) == (4, 4)


def test_without_a_key_each_request_is_a_job_of_its_own() -> None:
    """Requests without a key have numbers of their own, which the legacy API can take."""
    numbers = {spec(Origin()).number for _ in range(100)}
    assert len(numbers) == 100
    assert all(len(str(number)) <= 18 for number in numbers)
    assert spec(Origin()).idempotency == ""


@pytest.mark.parametrize(
    ("image", "as_taken"),
    [
        ("/images/app.sif", "/images/app.sif"),
        ("alpine:3", "docker://alpine:3"),
        ("oras://host/app:1", "oras://host/app:1"),
    ],
)
def test_an_image_runs_by_singularity(image: str, as_taken: str) -> None:
    """With an image the job is not plain; a name without a scheme is a registry's."""
    asked = spec(image=image, per_node=False)
    assert (asked.executor, asked.plain, asked.image) == ("singularity", False, as_taken)
    assert not asked.per_node


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"executor": "native", "image": "/a.sif"}, "'native', which runs no image"),
        ({"executor": "singularity"}, "'singularity', which needs an image"),
        ({"name": "a b"}, "'a b' cannot be a job name"),
        ({"options": {"output": "x"}}, "'options' has 'output'.*the bridge keeps the output"),
        ({"options": {"array": "1-9"}}, "'options' has 'array'"),
        ({"options": {"wrap": "x"}}, "'options' has 'wrap'"),
        ({"options": {"time": "5"}}, "send the member 'walltime_seconds'"),
        ({"options": {"--nice": ""}}, "'--nice', which is no long option"),
        ({"options": {"nice": "\0"}}, "'options.nice' has a NUL"),
        ({"environment": {"1A": ""}}, "'1A', which is no name"),
        ({"environment": {"UID": "0"}}, "'UID', which a job cannot set"),
        ({"environment": {"DSSR_JOB_DIR": "/"}}, "cannot set"),
        ({"environment": {"A": "\0"}}, "NUL"),
        ({"environment": {"A": "x" * 100_001}}, "longer than 100000 bytes"),
        ({"labels": {"a b": ""}}, "'a b', which is no label"),
        ({"labels": {"a": "x\n"}}, "'labels.a' must be one line"),
        ({"working_directory": "run"}, "must be an absolute path"),
        ({"partition": "a b"}, "'partition' is 'a b': it must be one word of"),
        ({"arguments": ("\0",)}, "'arguments' has a NUL"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_name(asked: dict[str, Any], words: str) -> None:
    """The error names the member, and what to do."""
    with pytest.raises(BadRequest, match=words):
        spec(**asked)
