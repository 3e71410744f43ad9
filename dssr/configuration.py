"""Environment -> settings that make sense and name what is there, or all that is wrong with them in one go."""

import os
from collections.abc import Iterator, Mapping

from dssr.access import token_file
from dssr.access.audit_file import AuditFile
from dssr.assembly import lacking
from dssr.errors import SettingsError
from dssr.settings import Settings, read
from dssr.settings.validation import complete, contradictions, uses_slurm


def understood(environ: Mapping[str, str]) -> Settings:
    """The settings, read, checked, and looked up.

    Raises ``SettingsError`` with every setting that cannot be read, every contradiction, every plugin that cannot be had and
    every file that cannot be used, together. What only follows from a setting that could not be read is left out.
    """
    settings, unread = read(environ)
    settings = complete(settings)
    found = [*contradictions(settings), *lacking(settings), *_unusable(settings)]
    problems = [
        *unread.values(),
        *(problem for problem in found if not any(name in problem for name in unread)),
    ]
    if problems:
        raise SettingsError(problems)
    return settings


def _unusable(settings: Settings) -> Iterator[str]:
    try:
        if settings.audit_log:
            AuditFile(settings.audit_log).close()
    except SettingsError as error:
        yield from error.problems
    try:
        if settings.tokens_file:
            token_file.read(settings.tokens_file)
    except SettingsError as error:
        yield from error.problems
    if (
        uses_slurm(settings)
        and settings.ssh_host_key_check == "first_use"
        and settings.ssh_known_hosts
    ):
        yield from _not_to_be_written(settings.ssh_known_hosts)


def _not_to_be_written(path: str) -> Iterator[str]:
    """The file is replaced as a whole, and its lock lies beside it."""
    directory = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(directory):
        yield f"JARVICE_SLURM_SSH_KNOWN_HOSTS is {path}, but there is no directory {directory}: make it."
    elif not os.access(directory, os.W_OK | os.X_OK):
        yield (f"JARVICE_SLURM_SSH_KNOWN_HOSTS is {path}, and the bridge may not write into {directory}, where it writes down "
               "what it sees first: choose a directory of the bridge's user.")  # fmt: skip
