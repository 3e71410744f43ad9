"""What makes a cluster a site: scripts around Slurm's commands, rc files, a job_submit plugin.
Pure."""

from __future__ import annotations

from tests.cluster.layout import SERVICE_USER
from tests.cluster.options import Options
from tests.cluster.slurmconf import File

WRAPPED = ("sbatch", "squeue", "sacct", "scontrol", "scancel", "sinfo")


def site_files(options: Options) -> dict[str, File]:
    """The files that those options add: path -> content."""
    files: dict[str, File] = {}
    if options.site_wrapper:
        files.update(
            {f"/usr/local/bin/{command}": File(_WRAPPER, mode=0o755) for command in WRAPPED}
        )
    if options.job_submit:
        files["/etc/slurm/job_submit.lua"] = File(_JOB_SUBMIT)
    if rc := _rc_file(options):
        for name in (".cshrc",) if options.csh else (".bashrc", ".bash_profile"):
            files[f"/home/{SERVICE_USER}/{name}"] = File(rc, owner=SERVICE_USER)
    return files


def _rc_file(options: Options) -> str:
    lines = []
    if options.slow_shell:
        lines.append("sleep 2")
    if options.chatty_shell:
        lines.append('echo "Welcome to the test cluster. 12345 jobs have run here."')
        error = 'echo "module: loading the default environment"'
        lines.append(f"sh -c '{error} >&2'" if options.csh else f"{error} >&2")
    return "".join(line + "\n" for line in lines)


_WRAPPER = """\
#!/bin/sh
name=$(basename "$0")
echo "*** $name is a script of this site; maintenance starts on 4711-12-31 ***"
echo "$name: warning: your project has used 90% of its core hours" >&2
"/usr/bin/$name" "$@"
status=$?
echo "$name: see the site's pages for help" >&2
exit $status
"""

_JOB_SUBMIT = """\
function slurm_job_submit(job, partitions, uid)
    slurm.log_user("site: jobs are charged by the core hour")
    if job.partition == "forbidden" then
        slurm.log_user("site: the partition forbidden is closed for everybody")
        return slurm.ERROR
    end
    if job.licenses ~= nil and string.find(job.licenses, "frozen") then
        slurm.log_user("site: the licence frozen is not for you")
        return slurm.ERROR
    end
    return slurm.SUCCESS
end

function slurm_job_modify(job, record, partitions, uid)
    return slurm.SUCCESS
end
"""
