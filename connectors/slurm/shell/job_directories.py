"""Where the files of jobs are on the cluster, and as whom they are reached."""

import posixpath
from functools import partial

from connectors.shared import directories
from connectors.shared.job_files import JobDirectory
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.records import JobRecords
from connectors.slurm.shell.remote import unknown_job
from connectors.slurm.words.journal import Submission, job_id
from dssr.errors import NotFound
from dssr.job import JobRef


def directory_of(
    ref: JobRef, accounts: Accounts, records: JobRecords, settings: SlurmSettings
) -> JobDirectory:
    """The job's working directory. Raises ``NotFound`` for a job that is not known or has no
    directory that is kept."""
    submission = _submission(ref, accounts, records)
    directory = submission.about.working_directory
    if not directory:
        raise NotFound(
            f"No files of job {ref.native_id} are kept: it was submitted through the legacy API, "
            "and its directory is removed with its result."
        )
    own = f"{posixpath.dirname(submission.output)}/work/{job_id(submission.directory)}"
    call = accounts.for_job(ref)

    run, roots = partial(call.run, "files"), directories.roots(settings)
    return JobDirectory(run, directory, directory == own, roots, settings.state_dir)


def _submission(ref: JobRef, accounts: Accounts, records: JobRecords) -> Submission:
    if not (known := records.submissions([ref])):
        records.get(accounts)
        known = records.submissions([ref])
    if ref not in known:
        raise unknown_job(ref)
    return known[ref]
