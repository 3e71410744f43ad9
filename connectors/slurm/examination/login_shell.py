"""The login shell and the login node's clock."""

import time
from pathlib import PurePosixPath

from connectors.shared.checks import failure, ok, warning
from connectors.slurm.examination.site import Site
from connectors.slurm.words.examination.clock import Clock, clock_of, span
from dssr.seams import Finding

# What login shells are known to change: quotes, blanks, line breaks, history, patterns, accents.
_TORTURE = (
    "", " ", "'", '"', "\\", "a'b\"c\\d", "two\nlines\n", "!history!", "$HOME `id` $(id)",
    "~ * ? [a]", "tab\there", "%s %d", "-n", "# & ; | < >", "\\n", "{a,b}",
    "\u00e4\u00f6\u00fc \u20ac \U0001f680",
)  # fmt: skip
_SLOW = 1000  # milliseconds
_OUT, _FAR_OUT = 5.0, 300.0  # seconds; munge refuses credentials that are 300 s off
_GUARDS = {
    "bash": ("~/.bashrc", "case $- in *i*) ;; *) return ;; esac"),
    "tcsh": ("~/.cshrc", "if (! $?prompt) exit"),
    "csh": ("~/.cshrc", "if (! $?prompt) exit"),
    "fish": ("~/.config/fish/config.fish", "status is-interactive; or exit"),
    "zsh": ("~/.zshenv", "[[ -o interactive ]] || return 0"),
}


def login_shell(site: Site) -> Finding:
    """Whether words and bytes arrive as they are, and what the login shell does before that."""
    if lost := _lost(site):
        return failure(f"The login node changes what it is sent: {lost}.")
    reply = site.ask("login_shell")
    name = PurePosixPath(reply.value("shell") or "sh").name
    took = int(reply.value("milliseconds") or 0)
    noise = " ".join(reply.rest.decode("utf-8", "replace").split())
    if noise:
        return warning(
            f"{name} prints {len(reply.rest)} bytes before it runs a command: {noise[:120]!r}. "
            "Jobs run, but copies of files (scp, rsync, sftp) break.",
            _quiet(name, site.user),
        )
    if took > _SLOW:
        return warning(
            f"{name} takes {took / 1000:.1f} s before it runs a command, so each new connection "
            "waits for that.",
            _quiet(name, site.user),
        )
    return ok(f"{name} is silent, takes {took} ms, and passes on what it is sent.")


def clock(site: Site) -> Finding:
    """How far the login node's clock is from this machine's."""
    before = time.time()
    done = site.run("date", "+%s.%N %z")
    after = time.time()
    there = clock_of(done.stdout.decode("utf-8", "replace"))
    if there is None:
        return warning(f"The login node's date printed {done.stdout[:80]!r}.")
    off = there.seconds - (before + after) / 2
    if abs(off) < max(_OUT, after - before):
        return ok(f"It is {abs(off):.1f} s off; the time zone is {_zones(there)}.")
    direction = "ahead of" if off > 0 else "behind"
    verdict = failure if abs(off) >= _FAR_OUT else warning
    return verdict(
        f"The login node's clock is {span(abs(off))} {direction} this machine's.",
        "Set the clock of the machine whose time is wrong, as root there:\n"
        "timedatectl set-ntp true",
    )


def _zones(there: Clock) -> str:
    here = time.strftime("%z")
    return there.zone if there.zone == here else f"{there.zone}, here {here}"


def _lost(site: Site) -> str:
    """What did not arrive as it was sent, or an empty string."""
    printed = site.run("printf", "<%s>", *_TORTURE).stdout
    expected = "".join(f"<{word}>" for word in _TORTURE).encode()
    if printed != expected:
        return f"words with quotes and line breaks arrive as {printed[:80]!r}"
    every_byte = bytes(range(256))
    done = site.transport.run(["cat"], input=every_byte, timeout=20.0)
    return "" if done.stdout == every_byte else "not every byte arrives"


def _quiet(shell: str, user: str) -> str:
    if shell not in _GUARDS:
        return f"Have {shell} of {user} print nothing, and do little, where it is not interactive."
    file, guard = _GUARDS[shell]
    return f"Put this line at the top of {file} of {user} on the login node:\n{guard}"
