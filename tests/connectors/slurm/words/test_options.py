"""sbatch's options: what a job may ask for, in every way that sbatch(1) takes it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.shared.directives import options_of
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.words.options import LONGEST_WORD, contradiction, sbatch_options
from dssr.errors import BadRequest
from dssr.job import JobSpec
from tests.connectors.slurm.specs import spec

ALLOWED = SlurmSettings().sbatch_options
OWN = ["--parsable", "--open-mode=append", f"--comment=dssr:{spec().token}:7", "-J", "jarvice_name"]


def words_of(job: JobSpec, allowed: tuple[str, ...]) -> list[str]:
    """The words for a job, by what it asks for itself."""
    return sbatch_options(job, options_of(job, allowed), allowed)


def contradiction_of(job: JobSpec) -> str:
    """What may be a contradiction, by what the job asks for itself."""
    return contradiction(job, options_of(job, ALLOWED))


def plain(*lines: str, allowed: tuple[str, ...] = ALLOWED, **fields: Any) -> list[str]:
    """The options of a plain batch script with these directives, the bridge's own left out."""
    job = spec("\n".join(("#!/bin/bash", *lines, "echo hello\n")), plain=True, **fields)
    words = words_of(job, allowed)
    own = [
        f"--comment=dssr:{job.token}:7" if word.startswith("--comment") else word for word in OWN
    ]
    at = words.index("--parsable")
    assert words[at : at + len(own)] == own
    return words[:at] + words[at + len(own) :]


class TestUpstreamJobs:
    """Jobs that describe themselves with JOBOBJ_ lines."""

    def test_the_least(self) -> None:
        """A job gets one task a node in an allocation that holds all cores; the bridge's own
        options come last, since the last one takes effect."""
        assert words_of(spec(), ALLOWED) == [
            *OWN,
            "-N",
            "1",
            "--ntasks-per-node=4",
            "-n",
            "4",
        ]

    def test_all_that_applies(self) -> None:
        """Each thing that a job asks for is one option."""
        job = spec(
            nodes=3, partition="p", exclusive=True, memory_mb=5120, gpus=2, walltime=93784,
            licenses="abaqus:2", held=True, options=(("constraint", "a&b"), ("contiguous", "")),
        )  # fmt: skip
        assert words_of(job, ALLOWED) == [
            "--partition=p", "--exclusive", "--mem=5120M", "--gpus-per-node=2", "--time=1-02:03:04",
            "--licenses=abaqus:2", "--hold", "--constraint=a&b", "--contiguous", *OWN, "-N", "3",
            "--ntasks-per-node=4", "-n", "12",
        ]  # fmt: skip

    def test_directives_of_an_upstreams_script_have_no_effect(self) -> None:
        """The directives in an upstream's job script have no effect."""
        job = spec("#!/bin/bash\n#SBATCH --partition=elsewhere\n")
        assert not [word for word in words_of(job, ALLOWED) if "elsewhere" in word]

    @pytest.mark.parametrize(
        "name",
        [
            "wrap", "uid", "gid", "export-file", "array", "het-group", "wait", "test-only",
            "clusters", "get-user-env", "propagate", "arr", "input", "no such", "share",
        ],
    )  # fmt: skip
    def test_what_must_not_be_set(self, name: str) -> None:
        """Options that run other programs, as another user, elsewhere, many times, or that keep
        sbatch waiting, are refused."""
        refusal = r"JARVICE_SLURM_SBATCH_OPTIONS|does not run|no option|no value"
        with pytest.raises(BadRequest, match=refusal):
            words_of(spec(options=((name, "1"),)), ALLOWED)

    def test_arrays_are_refused_whatever_the_operator_allows(self) -> None:
        """A job array is refused, whatever the operator allows."""
        with pytest.raises(BadRequest, match="submit one job each"):
            words_of(spec(options=(("array", "1"),)), (*ALLOWED, "array"))

    @pytest.mark.parametrize(
        "name",
        [
            "job-name",
            "output",
            "error",
            "comment",
            "open-mode",
            "parsable",
            "quiet",
            "verbose",
        ],
    )
    def test_the_bridges_own_are_not_taken_from_a_job(self, name: str) -> None:
        """A device that the bridge sets itself has no effect, and is no mistake either."""
        value = "" if name in ("parsable", "quiet", "verbose") else "x"
        job = spec(options=((name, value),))
        assert words_of(job, ALLOWED) == words_of(spec(), ALLOWED)

    def test_the_operator_decides(self) -> None:
        """Options that the operator allows go through, others are refused."""
        assert "--propagate=x" in words_of(
            spec(options=(("propagate", "x"),)), (*ALLOWED, "propagate")
        )
        with pytest.raises(BadRequest, match=r"--time=5 .* is not allowed here"):
            words_of(spec(options=(("time", "5"),)), ())

    @given(st.text(min_size=1))
    def test_a_value_is_one_word(self, value: str) -> None:
        """A value is one word, whatever it holds: no shell reads it."""
        assert f"--constraint={value}" in words_of(spec(options=(("constraint", value),)), ALLOWED)


@pytest.mark.parametrize("name", ["account", "qos", "time", "mail-user"])
def test_an_option_without_its_value_takes_no_other_word(name: str) -> None:
    """An option without its value does not take the next word as its value."""
    assert plain(f"#SBATCH --{name}=", "#SBATCH --exclusive", allowed=(*ALLOWED, name))[:2] == [
        f"--{name}=",
        "--exclusive",
    ]
    assert f"--{name}=" in words_of(spec(options=((name, ""),)), (*ALLOWED, name))


class TestPlainJobs:
    """Plain batch scripts: their directives count, within the same allow-list."""

    def test_directives_reach_sbatch(self) -> None:
        """A script's directives reach sbatch in their order, with the request's number of nodes."""
        assert plain("#SBATCH -t 5", "#SBATCH --exclusive") == [
            "--time=5",
            "--exclusive",
            "-N",
            "1",
        ]

    def test_the_scripts_own_number_of_nodes_takes_effect(self) -> None:
        """A script's own number of nodes takes precedence over the request's."""
        assert plain("#SBATCH -N 3") == ["--nodes=3"]

    def test_held(self) -> None:
        """A request to hold the job holds for a plain script too."""
        assert plain(held=True) == ["-H", "-N", "1"]

    @pytest.mark.parametrize(
        "line",
        [
            "-o /tmp/x",
            "--output=x",
            "-J other",
            "--comment=x",
            "-e x",
            "--open-mode=truncate",
            "--parsable",
        ],
    )
    def test_the_bridges_own_are_dropped(self, line: str) -> None:
        """A directive that the bridge sets itself has no effect: most scripts have -J and -o."""
        assert plain(f"#SBATCH {line}") == ["-N", "1"]

    @pytest.mark.parametrize(
        "line",
        [
            "-a 1-5", "-a1-5", "--array=1-5", "--array 1-5", "--arr=1-5", "--wrap=ls", "--uid=0",
            "--uid 0", "-W", "--wait", "-M other", "--het-group=1", "--test-only", "-i file",
        ],
    )  # fmt: skip
    def test_what_must_not_be_set(self, line: str) -> None:
        """Each form of a directive that a job must not set is refused."""
        with pytest.raises(BadRequest):
            plain(f"#SBATCH {line}")

    @pytest.mark.parametrize("value", ["ALL", "NONE", "NIL", "A=x,B", "ALL,A=x"])
    def test_the_environment_is_sbatchs_business(self, value: str) -> None:
        """--export goes to sbatch as it is."""
        assert plain(f"#SBATCH --export={value}") == [f"--export={value}", "-N", "1"]

    def test_second_names_and_abbreviations_are_checked_under_the_full_name(self) -> None:
        """An abbreviation neither passes by the allow-list nor is held up by it."""
        assert plain("#SBATCH --tasks-per-n=2", allowed=("ntasks-per-node",)) == [
            "--ntasks-per-node=2",
            "-N",
            "1",
        ]
        with pytest.raises(BadRequest, match="--wrap=ls"):
            plain("#SBATCH --wr=ls")


class TestJobsThatKeepTheirFiles:
    """Jobs of the API for people: the request's members come after the script's directives."""

    SCRIPT = "#!/bin/bash\n#SBATCH --nodes=2 --time=5\n#SBATCH --partition=batch\n"

    @pytest.mark.parametrize("plain", [True, False], ids=["script", "image"])
    def test_members_take_precedence_over_directives(self, plain: bool) -> None:
        """A member of the request takes the place of the directive, and no option is there
        twice."""
        job = spec(
            self.SCRIPT, plain=plain, keeps_files=True, by_exit_code=True, nodes=0, cores=0,
            partition="long", options=(("time", "9"),),
        )  # fmt: skip
        words = words_of(job, ALLOWED)
        assert words[: words.index("--parsable")] == [
            "--nodes=2", "--partition=long", "--time=9",
        ]  # fmt: skip
        assert words[-1] == job.name

    def test_gpus_leave_the_rest_of_the_node_to_others(self) -> None:
        """A job with GPUs gets whole nodes only where its request says so."""
        fields: dict[str, Any] = {"keeps_files": True, "by_exit_code": True, "gpus": 1}
        assert "--exclusive" not in words_of(spec(**fields), ALLOWED)
        assert "--exclusive" in words_of(spec(exclusive=True, **fields), ALLOWED)
        assert "--exclusive" in words_of(spec(gpus=1), ALLOWED)


class TestLength:
    """Linux's limits on the words of a command."""

    IDS = "afterok:" + ":".join(str(100_000 + n) for n in range(30_000))

    @pytest.mark.parametrize(
        ("job", "option"),
        [
            (spec(options=(("dependency", IDS),)), "--dependency"),
            (spec(f"#!/bin/sh\n#SBATCH --dependency={IDS}\n", plain=True), "--dependency"),
            (spec(licenses="x" * LONGEST_WORD), "--licenses"),
            (spec(partition="€" * 50_000), "--partition"),
        ],
        ids=["device", "directive", "licenses", "partition"],
    )
    def test_a_word_that_is_too_long_is_refused(self, job: JobSpec, option: str) -> None:
        """The error names the option and the limit, wherever the value comes from."""
        with pytest.raises(BadRequest, match=f"{option} is .* at most 131071 bytes"):
            words_of(job, ALLOWED)

    def test_the_longest_word_passes(self) -> None:
        """A word up to Linux's own limit is accepted."""
        value = "x" * (LONGEST_WORD - len("--licenses="))
        assert f"--licenses={value}" in words_of(spec(licenses=value), ALLOWED)

    def test_too_many_words_are_refused(self) -> None:
        """Options that are too long together are refused."""
        job = spec(options=(("constraint", "x" * 100_000),) * 11)
        with pytest.raises(BadRequest, match=r"together.*--constraint"):
            words_of(job, ALLOWED)


class TestContradiction:
    """What is added to Slurm's refusal of a plain job on the call's number of nodes."""

    def test_both_values_are_named(self) -> None:
        """The error names the call's nodes, and what the script asks for with its line."""
        script = "#!/bin/sh\n#SBATCH --gpus=8\n#SBATCH --gpus-per-node=4\n"
        hint = contradiction_of(spec(script, plain=True))
        assert "'nodes' is 1" in hint
        assert "--gpus=8 (line 2 of the script), --gpus-per-node=4 (line 3" in hint

    @pytest.mark.parametrize(
        ("line", "nodes"),
        [("-n 8 --ntasks-per-node=4", 2), ("-n 9 --ntasks-per-node=4", 3), ("-w n[1-3]", 3)],
    )
    def test_a_script_that_needs_more_nodes_than_the_call_has(self, line: str, nodes: int) -> None:
        """Such a script is refused before anything is sent, and runs with enough nodes in the call
        or with its own."""
        for few in range(1, nodes):
            with pytest.raises(BadRequest, match=f"The call's 'nodes' is {few}"):
                plain(f"#SBATCH {line}", nodes=few)
        assert plain(f"#SBATCH {line}", nodes=nodes)[-2:] == ["-N", str(nodes)]
        assert plain(f"#SBATCH {line} -N {nodes}", nodes=1)

    @pytest.mark.parametrize("line", ["-n x --ntasks-per-node=4", "-n 8 --ntasks-per-node=0"])
    def test_values_that_are_no_numbers_are_slurms_to_refuse(self, line: str) -> None:
        """A value that is no number reaches Slurm, which says what is wrong with it."""
        assert plain(f"#SBATCH {line}")

    @pytest.mark.parametrize(
        "job",
        [
            spec("#!/bin/sh\n#SBATCH -N 2 -n 8 --ntasks-per-node=2\n", plain=True),
            spec("#!/bin/sh\n#SBATCH -t 5\n", plain=True),
            spec(options=(("ntasks", "8"),)),
        ],
        ids=["own nodes", "no sizes", "no plain job"],
    )
    def test_there_is_nothing_to_add(self, job: JobSpec) -> None:
        """Nothing is added to Slurm's error where the bridge has added no number of nodes, or
        where the script contradicts none."""
        assert contradiction_of(job) == ""
