"""The job script reaches the node whole, whatever characters it holds; its environment has neutral
names."""

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import Service, script

pytestmark = pytest.mark.cluster

HOSTILE = rf"""
set -e
export X='single "double" inside' Y="double 'single' inside"
echo "[$X] [$Y]"
echo "[${{X}}] \\ \n \$HOME `echo backquotes` $(echo 'nested "quotes"')"
cat <<'EOF'
heredoc: ' " ` $(rm -rf /nowhere) ${{X}} \ %s {{braces}} !history!
EOF
cat <<EOF | tr -d '\r'
umlauts: äöü ß € 日本{chr(13)}
EOF
printf '%s' 'carriage{chr(13)}
return' | od -An -c | tr -d ' \n'; echo
printf %s '{"x" * 100_000}' | wc -c
echo JARVICE_CMD_SUCCESS
"""
PRINTED = r"""[single "double" inside] [double 'single' inside]
[single "double" inside] \ \n $HOME backquotes nested "quotes"
heredoc: ' " ` $(rm -rf /nowhere) ${X} \ %s {braces} !history!
umlauts: äöü ß € 日本
carriage\r\nreturn
100000
JARVICE_CMD_SUCCESS
JARVICE Job completed OK"""


def test_a_hostile_script_runs_as_written(native: Service) -> None:
    """A script runs exactly as written, with quotes, ${X}, a here-document, backslashes, a line of
    100 KB, umlauts and CRLF in it."""
    rc, output = native.run(script(HOSTILE))
    assert output == PRINTED
    assert rc == 0


def test_a_plain_script_of_a_megabyte_runs(native: Service) -> None:
    """A plain script of a megabyte runs, and its exit code is the job's."""
    filler = "# " + "y" * 1_000_000
    rc, output = native.run(f"#!/bin/bash\n{filler}\necho $'it\\'s' fine\n")
    assert (rc, output) == (0, "it's fine")


def test_a_format_string_means_single_braces(native: Service) -> None:
    """In a script with the placeholder as its only field, {{ and }} are braces and the parameters
    replace the placeholder."""
    body = (
        "{DOWNSTREAM_PARAMETERS}\n"
        'f() {{ echo "${{1}} $SV_FLAG $JARVICE_SINGULARITY_OVERLAY_SIZE"; }}; f braces'
    )
    rc, output = native.run(script(body + "\necho JARVICE_CMD_SUCCESS"))
    assert output.splitlines()[0] == "braces -s 600"
    assert rc == 0


def test_a_script_that_is_no_format_string_is_verbatim(native: Service) -> None:
    """In a script with ${X} only the placeholder is replaced, and doubled braces stay."""
    rc, output = native.run(
        script("X=1\n{DOWNSTREAM_PARAMETERS}\necho ${X} '{{}}' $SV\necho JARVICE_CMD_SUCCESS")
    )
    assert output.splitlines()[0] == "1 {{}} false"
    assert rc == 0


def test_jarvice_cmd_is_pasted_as_upstream_wrote_it(native: Service) -> None:
    """JARVICE_CMD is shell text: its quotes and blanks mean what they mean to a shell, here an
    array of words."""
    text = script(
        '{DOWNSTREAM_PARAMETERS}\nprintf "<%s>" "$JARVICE_CMD"\necho JARVICE_CMD_SUCCESS',
        JARVICE_CMD='x="a b"',
    )
    text = text.replace(
        'JARVICE_CMD=x="a b"',
        r"""JARVICE_CMD='/opt/my app/run'" --title "'"two words" it'\''s '$((1+1))""",
    )
    rc, output = native.run(text)
    assert (
        output.splitlines()[0] == '</opt/my app/run --title "two words" it\'s 2>JARVICE_CMD_SUCCESS'
    )
    assert rc == 0


def test_two_nodes_see_the_mapped_environment(native: Service) -> None:
    """Each neutral variable has the right value on both nodes."""
    job_names = "JOBID JOB_NODELIST JOB_FORMATED_NODELIST NNODES NTASKS SUBMIT_DIR GPUS_PER_NODE"
    names = " ".join(["PROCESS_NODENAME", *(f"JOB_{name}" for name in job_names.split())])
    show = f'for n in {names}; do echo "$PROCESS_PROCID $n=${{!n}}"; done'
    body = f"{show}; sleep 1; echo JARVICE_CMD_SUCCESS"
    job = native.submit(script(body, JARVICE_CPU_CORES=2, JOBOBJ_GPUS=1), nodes=2)
    rc, _, output, _ = native.end_of(job)
    assert rc == 0
    for process, node in (("0", "node1"), ("1", "node2")):
        found = dict(
            line[2:].split("=", 1) for line in output.splitlines() if line.startswith(process + " ")
        )
        assert found == {
            "PROCESS_NODENAME": node,
            "JOB_JOBID": job.jobid,
            "JOB_JOB_NODELIST": "node[1-2]",
            "JOB_JOB_FORMATED_NODELIST": "node1 node2",
            "JOB_NNODES": "2",
            "JOB_NTASKS": "2",
            "JOB_SUBMIT_DIR": "/home/jarvice",
            "JOB_GPUS_PER_NODE": "1",
        }


def test_a_plain_script_runs_once_and_may_call_srun(native: Service) -> None:
    """A plain script is the batch script itself: it runs on the first node, with its directives,
    and its exit code is the job's."""
    directives = "#!/bin/bash\n#SBATCH --nodes=2 --ntasks-per-node=2\n#SBATCH -t 5\n"
    body = "echo once $SLURM_NNODES\nsrun hostname | sort\nexit 3\n"
    rc, output = native.run(directives + body)
    assert (rc, output) == (1, "once 2\nnode1\nnode1\nnode2\nnode2")


def test_the_output_lies_where_the_site_expects_it(native: Service, cluster: Cluster) -> None:
    """A job's output is in <scratch>.jarvice/<name>.out while it runs, and nothing of it remains
    after /exitstatus."""
    job = native.submit(script("echo here; sleep 3; echo JARVICE_CMD_SUCCESS"), name="where.is-it")
    native.runs(job)
    directory = cluster.path("/home/jarvice/scratch/.jarvice")
    assert (directory / "where.is-it.out").exists()
    assert native.end_of(job)[0] == 0
    assert not (directory / "where.is-it.out").exists()
    assert not (directory / "jobs" / job.jobid).exists()


def test_a_script_that_asks_for_another_output_file_learns_where_its_output_is(
    native: Service,
) -> None:
    """The response to the submission, also to a repeated one, and the log name the real file."""
    text = "#!/bin/bash\n#SBATCH --output=x-%j.log -e y.err\necho here\n"
    job = native.submit(text, name="elsewhere", executor="native")
    notice = job.script.splitlines()[-1]
    assert notice.startswith("# dssr: --output=x-%j.log (line 2 of the script), --error=y.err")
    assert notice.endswith("has no effect: the job's output is in " + notice.split()[-1])
    assert notice.endswith("/.jarvice/elsewhere.out.")
    again = native.submit(text, name="elsewhere", number=job.number, executor="native")
    assert again == job
    native.logs(f"elsewhere/{job.number}", "has no effect", "/.jarvice/elsewhere.out")
