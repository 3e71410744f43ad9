"""The state and the scratch directory, as login node and compute nodes see them."""

import shlex
from collections.abc import Sequence
from dataclasses import replace

from connectors.shared.checks import export, failure, ok, warning, with_advice
from connectors.slurm.examination.site import Site
from connectors.slurm.words.examination.directories import Directories, Directory, directories
from connectors.slurm.words.examination.report import Report
from dssr.seams import Finding, Status

STATE, SCRATCH = "JARVICE_STATE_DIR", "JARVICE_JOB_SCRATCH_DIR"
_SETTINGS = {"state": STATE, "scratch": SCRATCH}
_LITTLE_KB, _FEW_FILES = 100 * 1024, 1000
_SAFE = "Keep the state where the site removes nothing:"
_LATE = 5.0  # seconds until a new file is seen; a job's begin waits for it


def prepare(site: Site, word: str) -> Directories:
    """Make the examination's own directories, with ``word`` in their names."""
    settings = site.settings
    done = site.ask("directories", settings.state_dir, settings.scratch_dir, word, timeout=60.0)
    return directories(done.lines)


def maybe_made(site: Site, word: str) -> Sequence[str]:
    """The commands that remove what ``prepare`` may have made where it did not come to its end."""
    settings = site.settings
    own = ((settings.state_dir, "~/.jarvice/state/", ""), (settings.scratch_dir, "~/", ".jarvice/"))
    return [
        f"rm -rf {shlex.quote(place) if place else default}{below}doctor.{word}"
        for place, default, below in own
    ]


def state_directory(site: Site, found: Directories, report: Report | None) -> Finding:
    """Whether the bridge's records are safe in the state directory, and every node sees it."""
    if found.lost or found.dangling:
        gone = found.lost + found.dangling
        detail = (
            f"{found.state.path} is purged: the records of {gone} of "
            f"{found.jobs + found.dangling} jobs are gone, and the bridge has not removed them."
        )
        return _better_at_home(site, failure(detail, _SAFE, STATE), found.state.path)
    finding = _directory(site, "state", found.state, report)
    state, scratch = site.settings.state_dir, site.settings.scratch_dir
    if finding.status is Status.OK and scratch and state.startswith(scratch):
        risky = f"{state} is in the scratch directory, from which sites remove old files."
        return _better_at_home(site, warning(risky, _SAFE, STATE), state)
    return finding


def scratch_directory(site: Site, found: Directories, report: Report | None) -> Finding:
    """The same for the jobs' own files."""
    return _directory(site, "scratch", found.scratch, report)


def _directory(site: Site, which: str, found: Directory, report: Report | None) -> Finding:
    setting = _SETTINGS[which]
    if found.why:
        return _unwritable(site, which, found)
    if found.is_of_one_host:
        return failure(
            f"{found.path} is on a {found.kind} of the login node, which no other host sees.",
            _other_place(setting),
            setting,
        )
    if report is not None and (fault := _fault_on_nodes(which, found, report)):
        return fault
    if found.free_kb is not None and found.free_kb < _LITTLE_KB:
        return warning(
            f"{found.path} has {found.free_kb // 1024} MB left.", _room(found.path), setting
        )
    if found.free_files is not None and 0 < found.free_files < _FEW_FILES:
        return warning(
            f"{found.path} has room for {found.free_files} more files.", _room(found.path), setting
        )
    return ok(_praise(which, found, report))


def _unwritable(site: Site, which: str, found: Directory) -> Finding:
    setting = _SETTINGS[which]
    detail = f"Nothing can be written in {found.path} as {site.user}: {found.why}."
    if "space" in found.why or "quota" in found.why.lower():
        return failure(detail, f"{_room(found.path)}\n{_other_place(setting)}", setting)
    finding = failure(detail, _permission(site, found), setting)
    return _better_at_home(site, finding, found.path)


def _permission(site: Site, found: Directory) -> str:
    """What to do about a place that does not let the user in, in front of the other place."""
    other = "Use a directory that can be written to:"
    if "denied" not in found.why or len(found.barrier) != 3:
        return other
    mode, owner, path = found.barrier
    if owner == site.user:
        command = f"chmod u+rwx {shlex.quote(path)}"
        return f"{path} has the mode {mode}. On the login node:\n{command}\nOr: {other.lower()}"
    return (
        f"{path} belongs to {owner} and has the mode {mode}: have {owner} let {site.user} in. "
        f"Or: {other.lower()}"
    )


def _fault_on_nodes(which: str, found: Directory, report: Report) -> Finding | None:
    setting = _SETTINGS[which]
    if which == "state" and not report.nodes:
        return failure(
            f"The probe job left no output in {found.path}: the node that ran it does not see it.",
            _other_place(setting),
            setting,
        )
    if blind := report.where(f"{which}.seen", "no"):
        return failure(
            f"{found.path} is not the same on {', '.join(blind)} as on the login node.",
            _other_place(setting),
            setting,
        )
    if refusing := report.where(f"{which}.write", "no"):
        why = report.of(refusing[0]).get(f"{which}.why", "")
        return failure(
            f"Nothing can be written in {found.path} on {', '.join(refusing)}: {why}.",
            _other_place(setting),
            setting,
        )
    delay = _delay(which, report)
    if delay is not None and delay > _LATE:
        return warning(
            f"A new file in {found.path} took {delay:.1f} s until the other side saw it, so jobs "
            "begin and end as late.",
            "Use a file system whose caches are shorter (NFS: the mount option actimeo=1), or:\n"
            f"{_other_place(setting)}",
            setting,
        )
    return None


def _delay(which: str, report: Report) -> float | None:
    """The longest time that a new file took to be seen, there and back, on any node."""
    delays = [float(words[f"{which}.delay"]) / 1000 for words in report.nodes.values()
              if words.get(f"{which}.delay", "").isdecimal()]  # fmt: skip
    return max(delays, default=None)


def _praise(which: str, found: Directory, report: Report | None) -> str:
    free = "" if found.free_kb is None else f", {found.free_kb / (1 << 20):.1f} GB free"
    seen = ""
    if report is not None and report.nodes:
        delay = _delay(which, report)
        seen = f"; {', '.join(report.nodes)} see it"
        seen += f", a new file within {delay:.1f} s" if delay is not None else ""
    return f"{found.path} can be written to ({found.kind}{free}){seen}."


def _better_at_home(site: Site, finding: Finding, path: str) -> Finding:
    """The same, with the place in the home directory as advice, if that is another one and can be
    written to."""
    writable = '[ -d "$HOME" ] && [ -w "$HOME" ] && printf %s "$HOME"'
    home = site.run("/bin/sh", "-c", writable, "sh").stdout.decode("utf-8", "replace").rstrip("/")
    place = f"{home}/.jarvice/state/" if finding.setting == STATE else f"{home}/"
    if home and place != path:
        return with_advice(finding, finding.setting, place)
    return replace(finding, cure=_other_place(finding.setting))


def _other_place(setting: str) -> str:
    return (
        "Use a directory on a file system that the login node and all compute nodes share:\n"
        f"{export(setting, '/path/on/a/shared/file/system/')}"
    )


def _room(path: str) -> str:
    look = f"du -xh {shlex.quote(path)} | sort -h | tail"
    return f"Make room, or have the quota raised; what is large there:\n{look}"
