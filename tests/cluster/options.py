"""What a site may have that a plain cluster has not."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from tests.cluster.errors import ClusterError


@dataclass(frozen=True)
class Options:
    """The site's peculiarities; the default is a well-behaved site with accounting.

    :ivar site_wrapper: sbatch and the other commands are scripts of the site, which print banners
        on stdout and stderr around the real output.
    :ivar job_submit: a job_submit/lua plugin logs a message to every user, and refuses the
        partition ``forbidden`` and the licence ``frozen``.
    :ivar chatty_shell: the service user's rc file prints a banner on stdout and stderr.
    :ivar csh: the service user's login shell is tcsh.
    :ivar slow_shell: the service user's rc file takes two seconds.
    :ivar accounting: with slurmdbd and MariaDB; False is ``accounting_storage/none``.
    :ivar private_data: ``PrivateData=jobs``: ordinary users see only their own jobs.
    :ivar keep_scripts: ``AccountingStoreFlags=job_script,job_env``.
    :ivar max_sessions: sshd's channels a connection (its own default is 10).
    :ivar max_startups: sshd's unauthenticated connections (its own default is 10:30:100).
    :ivar min_job_age: seconds for which the controller remembers a finished job.
    """

    site_wrapper: bool = False
    job_submit: bool = False
    chatty_shell: bool = False
    csh: bool = False
    slow_shell: bool = False
    accounting: bool = True
    private_data: bool = False
    keep_scripts: bool = False
    max_sessions: int = 10
    max_startups: str = "10:30:100"
    min_job_age: int = 300


def parse_options(words: list[str]) -> Options:
    """Options from words such as ``chatty-shell``, ``no-accounting``, ``max-sessions=3``.

    :raises ClusterError: for a word that names no option or gives it a value of the wrong kind.
    """
    options = Options()
    for word in words:
        options = _with_word(options, word)
    return options


def _with_word(options: Options, word: str) -> Options:
    kinds = {field.name: type(field.default) for field in fields(Options)}
    name, has_value, value = word.replace("-", "_").partition("=")
    change: dict[str, Any] = {}
    if name.startswith("no_") and kinds.get(name[3:]) is bool and not has_value:
        change = {name[3:]: False}
    elif kinds.get(name) is bool and not has_value:
        change = {name: True}
    elif kinds.get(name) is int and value.isdigit():
        change = {name: int(value)}
    elif kinds.get(name) is str and value:
        change = {name: value}
    else:
        known = ", ".join(
            key.replace("_", "-") + ("" if kind is bool else "=VALUE")
            for key, kind in kinds.items()
        )
        raise ClusterError(
            f"There is no option '{word}'; known are: {known} (no-NAME turns one off)."
        )
    return replace(options, **change)
