"""sbatch's options: what a job may ask for, in every way that sbatch(1) takes it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.words.options import directives, sbatch_options
from dssr.errors import BadRequest
from tests.connectors.slurm.specs import spec

ALLOWED = SlurmSettings().sbatch_options
OWN = ["--parsable", "--open-mode=append", f"--comment=dssr:{spec().token}:7", "-J", "jarvice_name"]


def plain(*lines: str, allowed: tuple[str, ...] = ALLOWED, **fields: Any) -> list[str]:
    """The options of a plain batch script with these directives, the bridge's own left out."""
    job = spec("\n".join(("#!/bin/bash", *lines, "echo hello\n")), plain=True, **fields)
    words = sbatch_options(job, allowed)
    own = [
        f"--comment=dssr:{job.token}:7" if word.startswith("--comment") else word for word in OWN
    ]
    at = words.index("--parsable")
    assert words[at : at + len(own)] == own
    return words[:at] + words[at + len(own) :]


class TestUpstreamJobs:
    """Jobs that describe themselves with JOBOBJ_ lines."""

    def test_the_least(self) -> None:
        """One task a node in an allocation that holds all cores; the bridge's own come last, since the last one counts."""
        assert sbatch_options(spec(), ALLOWED) == [
            *OWN,
            "-N",
            "1",
            "--ntasks-per-node=4",
            "-n",
            "4",
        ]

    def test_all_that_applies(self) -> None:
        """Each thing asked for is one option."""
        job = spec(
            nodes=3, partition="p", exclusive=True, memory_gb=5, gpus=2, walltime=93784, licenses="abaqus:2", held=True,
            options=(("constraint", "a&b"), ("contiguous", "")),
        )  # fmt: skip
        assert sbatch_options(job, ALLOWED) == [
            "--partition=p", "--exclusive", "--mem=5G", "--gpus-per-node=2", "--time=1-02:03:04", "--licenses=abaqus:2",
            "--hold", "--constraint=a&b", "--contiguous", *OWN, "-N", "3", "--ntasks-per-node=4", "-n", "12",
        ]  # fmt: skip

    @pytest.mark.parametrize("fields", [{"gpus": 1}, {"interactive": True}, {"exclusive": True}])
    def test_whole_nodes(self, fields: dict[str, Any]) -> None:
        """A GPU or interactive job always asks for them."""
        assert "--exclusive" in sbatch_options(spec(**fields), ALLOWED)

    def test_its_own_directives_do_not_count(self) -> None:
        """Only a plain batch script has directives."""
        job = spec("#!/bin/bash\n#SBATCH --partition=elsewhere\n")
        assert not [word for word in sbatch_options(job, ALLOWED) if "elsewhere" in word]

    @pytest.mark.parametrize(
        "name",
        [
            "wrap", "uid", "gid", "export", "export-file", "array", "het-group", "wait", "test-only", "clusters",
            "get-user-env", "propagate", "a", "arr", "", "no such", "--time",
        ],
    )  # fmt: skip
    def test_what_must_not_be_set(self, name: str) -> None:
        """What would run other things, as somebody else, elsewhere, many times, or keep sbatch waiting."""
        with pytest.raises(BadRequest, match=r"JARVICE_SLURM_SBATCH_OPTIONS|does not run"):
            sbatch_options(spec(options=((name, "1"),)), ALLOWED)

    def test_arrays_are_refused_whatever_the_operator_allows(self) -> None:
        """A job has one id, one output and one end."""
        for name in ("array", "het-group"):
            with pytest.raises(BadRequest, match="submit one job each"):
                sbatch_options(spec(options=((name, "1"),)), (*ALLOWED, name))

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
            "input",
        ],
    )
    def test_the_bridges_own_are_not_taken_from_a_job(self, name: str) -> None:
        """Pseudo-devices that set them are refused; directives that do so have no effect."""
        with pytest.raises(BadRequest, match="in JOBOBJ_DEVICES"):
            sbatch_options(spec(options=((name, "x"),)), ALLOWED)
        plain = spec(f"#!/bin/bash\n#SBATCH --{name}=x\n", plain=True)
        assert f"--{name}=x" not in sbatch_options(plain, ALLOWED)

    def test_the_operator_decides(self) -> None:
        """What he allows goes through, what he does not is refused."""
        assert "--propagate=x" in sbatch_options(
            spec(options=(("propagate", "x"),)), (*ALLOWED, "propagate")
        )
        with pytest.raises(BadRequest, match="--time is not allowed here"):
            sbatch_options(spec(options=(("time", "5"),)), ())

    @given(st.text(min_size=1))
    def test_a_value_is_one_word(self, value: str) -> None:
        """Whatever it holds: words are never read by a shell."""
        assert f"--constraint={value}" in sbatch_options(
            spec(options=(("constraint", value),)), ALLOWED
        )


class TestDirectives:
    """#SBATCH lines."""

    @pytest.mark.parametrize(
        ("line", "options"),
        [
            ("#SBATCH --time=5", [("time", "5")]),
            ("#SBATCH --time 5", [("time", "5")]),
            ("#SBATCH -t5", [("time", "5")]),
            ("#SBATCH -t 5", [("time", "5")]),
            ("#SBATCH   --time=5   -p short  ", [("time", "5"), ("partition", "short")]),
            ("#SBATCH\t-N\t2", [("nodes", "2")]),
            ("#SBATCH -N1-2", [("nodes", "1-2")]),
            ("#SBATCH --exclusive", [("exclusive", "")]),
            ("#SBATCH --exclusive=user", [("exclusive", "user")]),
            ("#SBATCH --exclusive -p short", [("exclusive", ""), ("partition", "short")]),
            ("#SBATCH --nice --time=5", [("nice", ""), ("time", "5")]),
            ("#SBATCH --nice=100", [("nice", "100")]),
            ("#SBATCH -H", [("hold", "")]),
            ("#SBATCH -vvv", [("verbose", "")] * 3),
            ("#SBATCH -OsN2", [("overcommit", ""), ("oversubscribe", ""), ("nodes", "2")]),
            ("#SBATCH -HN 2", [("hold", ""), ("nodes", "2")]),
            ("#SBATCH --constraint='a b'", [("constraint", "a b")]),
            ('#SBATCH --constraint "a & b"', [("constraint", "a & b")]),
            ("#SBATCH --constraint=a\\ b", [("constraint", "a b")]),
            ("#SBATCH --time=5 # a comment", [("time", "5")]),
            ("#SBATCH # a comment", []),
            ("#SBATCH", []),
            ("#SBATCH --time=5\r", [("time", "5")]),
            ("#SBATCH --gres=gpu:2 -L a:1,b:2", [("gres", "gpu:2"), ("licenses", "a:1,b:2")]),
            ("#SBATCH --signal=B:USR1@60", [("signal", "B:USR1@60")]),
            ("##SBATCH --time=5", []),
            ("# SBATCH --time=5", []),
            (" #SBATCH --time=5", []),
            ("#PBS -l walltime=5", []),
            ("#sbatch --time=5", []),
        ],
    )
    def test_every_way_to_write_one(self, line: str, options: list[tuple[str, str]]) -> None:
        """As sbatch(1) reads it."""
        assert directives(f"#!/bin/bash\n{line}\necho\n") == options

    @pytest.mark.parametrize(
        ("short", "name"),
        [
            ("A", "account"), ("b", "begin"), ("C", "constraint"), ("c", "cpus-per-task"), ("D", "chdir"), ("d", "dependency"),
            ("e", "error"), ("F", "nodefile"), ("G", "gpus"), ("i", "input"), ("J", "job-name"), ("L", "licenses"),
            ("M", "clusters"), ("m", "distribution"), ("N", "nodes"), ("n", "ntasks"), ("o", "output"), ("p", "partition"),
            ("q", "qos"), ("S", "core-spec"), ("t", "time"), ("w", "nodelist"), ("x", "exclude"), ("a", "array"),
        ],
    )  # fmt: skip
    def test_short_forms_with_a_value(self, short: str, name: str) -> None:
        """In the same word or the next one."""
        assert (
            directives(f"#SBATCH -{short}value\n#SBATCH -{short} value\n") == [(name, "value")] * 2
        )

    @pytest.mark.parametrize(
        ("short", "name"),
        [
            ("H", "hold"),
            ("k", "no-kill"),
            ("O", "overcommit"),
            ("Q", "quiet"),
            ("s", "oversubscribe"),
            ("v", "verbose"),
            ("W", "wait"),
        ],
    )
    def test_short_forms_without_a_value(self, short: str, name: str) -> None:
        """They do not swallow the next word."""
        assert directives(f"#SBATCH -{short} --time=5\n") == [(name, ""), ("time", "5")]

    def test_only_before_the_first_command(self) -> None:
        """Comments and empty lines may stand between; what comes behind a command is a comment."""
        script = "#!/bin/bash\n\n# text\n#SBATCH -N 2\n   \n\t# more\n#SBATCH -t 5\necho\n#SBATCH -p elsewhere\n"
        assert directives(script) == [("nodes", "2"), ("time", "5")]

    @pytest.mark.parametrize("line", ["#SBATCH hetjob", "#SBATCH packjob", "#SBATCH -N 1 hetjob"])
    def test_heterogeneous_jobs_are_refused(self, line: str) -> None:
        """With what to do instead."""
        with pytest.raises(BadRequest, match="submit one job each"):
            directives(line)

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("#SBATCH --time", "lacks the value of --time"),
            ("#SBATCH -t", "lacks the value of --time"),
            ("#SBATCH --constraint='a", "cannot be read"),
            ("#SBATCH --constraint=a\\", "cannot be read"),
            ("#SBATCH time=5", "'time=5', which is no option"),
            ("#SBATCH -?", "which is no option"),
            ("#SBATCH -", "which is no option"),
            ("#SBATCH --", "which is no option"),
            ("#SBATCH -Hy", "which is no option"),
            ("#SBATCHtime", "which is no option"),
        ],
    )
    def test_what_cannot_be_read_is_refused(self, line: str, reason: str) -> None:
        """With the line and what is wrong in it: a directive that is silently dropped is worse."""
        with pytest.raises(BadRequest, match=reason) as raised:
            directives(f"#!/bin/sh\n{line}\n")
        assert line[:8] in raised.value.message

    @given(st.text())
    def test_any_line(self, text: str) -> None:
        """Is options or one clear refusal."""
        try:
            found = directives(f"#SBATCH {text}")
        except BadRequest:
            return
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in found)


@pytest.mark.parametrize("name", ["account", "qos", "time", "mail-user"])
def test_an_option_without_its_value_takes_no_other_word(name: str) -> None:
    """Templates have such lines; without '=' sbatch would read the next word as the value."""
    assert plain(f"#SBATCH --{name}=", "#SBATCH --exclusive", allowed=(*ALLOWED, name))[:2] == [
        f"--{name}=",
        "--exclusive",
    ]
    assert f"--{name}=" in sbatch_options(spec(options=((name, ""),)), (*ALLOWED, name))


class TestPlainJobs:
    """Plain batch scripts: their directives count, within the same allow-list."""

    def test_directives_reach_sbatch(self) -> None:
        """In their order, and the request's number of nodes with them."""
        assert plain("#SBATCH -t 5", "#SBATCH --exclusive") == [
            "--time=5",
            "--exclusive",
            "-N",
            "1",
        ]

    def test_its_own_number_of_nodes_counts(self) -> None:
        """The script knows better."""
        assert plain("#SBATCH -N 3") == ["--nodes=3"]

    def test_held(self) -> None:
        """What the request says holds for a plain script too."""
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
        """Scripts for sbatch nearly always have -J and -o."""
        assert plain(f"#SBATCH {line}") == ["-N", "1"]

    @pytest.mark.parametrize(
        "line",
        [
            "-a 1-5", "-a1-5", "--array=1-5", "--array 1-5", "--wrap=ls", "--uid=0", "--uid 0", "--export=ALL", "-W",
            "--wait", "-M other", "--het-group=1", "--test-only",
        ],
    )  # fmt: skip
    def test_what_must_not_be_set(self, line: str) -> None:
        """In no form of it."""
        with pytest.raises(BadRequest):
            plain(f"#SBATCH {line}")
