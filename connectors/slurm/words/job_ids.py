"""A job's permanent id, its directory below the state directory, and its batch script. Pure.

The id is made of the directory's name, which is made once for each job: it stays valid when Slurm
gives its own ids out again, and no index is needed to find the directory.

    directory     jobs/2030-01-31/<32 hexadecimal digits, the token>.<12, random>
    id            20300131-<the 12>
    batch script  <directory>/batch.<number>.<name>
"""

import re

from dssr.job import NAME

DIRECTORY = r"jobs/[^/\s]+/[0-9a-f]{32}\.[0-9a-f]{12}"
# Older squeues print the batch script's arguments after it.
BATCH = re.compile(rf"({DIRECTORY})/batch\.(\d{{1,18}})\.({NAME.pattern})(?: .*)?", re.DOTALL)
DEFAULT_STATE = re.compile(r"(/\S+)?/\.jarvice/state/(?=jobs/)")  # in the home directory
_PARTS = re.compile(r"jobs/(\d{4})-(\d\d)-(\d\d)/[0-9a-f]{32}\.([0-9a-f]{12})")


def job_id(directory: str) -> str:
    """The id of the job with this directory; empty for a path that is no job's directory."""
    match = _PARTS.fullmatch(directory)
    return f"{match[1]}{match[2]}{match[3]}-{match[4]}" if match else ""
