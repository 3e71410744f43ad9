"""The rules for transports. ``dssr.testing`` says how to run them.

The fixture ``transport`` gives a transport that runs ``PRELUDE`` in each shell before its commands.
"""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dssr.errors import BadRequest, CommandTimeout, ConnectFailed
from dssr.seams import Completed, Purpose, Transport
from dssr.testing.transport_output import TransportOutputContract

PATIENCE = 60.0  # seconds for what should end well: machines that run tests are slow at times
PRELUDE = "FROM_THE_PRELUDE='it ran'; export FROM_THE_PRELUDE\n"
HOSTILE_WORDS = [
    *("", " ", "it's", '"quoted"', "--help", "-n", "%s%d", "}", "EOF", ";|&<>()", "two\nlines\n"),
    *("$(touch /tmp/dssr-must-not-exist)", "`touch /tmp/dssr-must-not-exist`"),
    *("${HOME} $HOME ~ * ? [a-z] {a,b} !! !x #", "\\ \\\\ \\n", "\r\n\t\x0b\x7f\x01\x02"),
    *("--uid=0 --wrap=id", "../../etc/passwd", "Grüße 漢字 \U0001f600"),
    "!-1 '!!' \\! \"!$\"\n!x\n'!'",  # tcsh, even between single quotes
    "\N{LINE SEPARATOR}\N{NEXT LINE}\N{RIGHT-TO-LEFT OVERRIDE}",
    "\udc80\udcff\udc81\udc88",  # bytes that are no UTF-8
    "\x81\x82\x88",  # dash's own markers
]
# One transport serves all examples of a test: none of them harms it.
SHARED = [HealthCheck.differing_executors, HealthCheck.function_scoped_fixture]
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
bytes_as_words = st.binary(max_size=40).map(
    lambda data: data.replace(b"\0", b"0").decode("utf-8", "surrogateescape")
)


def sh(
    transport: Transport,
    script: str,
    *more: str,
    input: bytes | None = None,
    timeout: float = PATIENCE,
) -> Completed:
    """Run a shell script through the transport."""
    return transport.run(["sh", "-c", script, "sh", *more], input=input, timeout=timeout)


def echoed(transport: Transport, *argv: str) -> list[str]:
    """These words, as a command received them."""
    done = transport.run(["printf", "%s\\0", *argv], timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


def unharmed(transport: Transport) -> bool:
    """Whether the next command works."""
    return transport.run(["echo", "well"], timeout=PATIENCE).stdout == b"well\n"


class TransportContract(TransportOutputContract):
    """The rules. One ``transport`` may serve a whole class: no test harms it."""

    def test_the_answer(self, transport: Transport) -> None:
        """An answer has the words, the exit code and both streams, exactly."""
        argv = ["sh", "-c", "printf 'to stdout'; printf 'to stderr' >&2; exit 3"]
        assert transport.run(argv, timeout=PATIENCE) == Completed(
            tuple(argv), 3, b"to stdout", b"to stderr"
        )

    def test_hostile_words_arrive_exactly(self, transport: Transport) -> None:
        """Words with characters that have a meaning for some shell arrive exactly."""
        assert echoed(transport, *HOSTILE_WORDS) == HOSTILE_WORDS

    @settings(max_examples=60, deadline=None, suppress_health_check=SHARED)
    @given(argv=st.lists(words | bytes_as_words, min_size=1, max_size=6))
    @example(argv=["\n", "'", "\\"])
    def test_all_words_arrive_exactly(self, transport: Transport, argv: list[str]) -> None:
        """All words arrive exactly, those of a program for the shell too."""
        assert echoed(transport, *argv) == argv
        program = 'printf "%s\\0" "$@"; for word; do set -- "$word" && printf "%s\\0" "$1"; done'
        done = transport.run(["/bin/sh", "-c", program, "name", *argv], timeout=PATIENCE)
        assert done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1] == argv + argv

    @pytest.mark.parametrize("character", ["x", "'", "\n", "ü", "\udcff"])
    def test_long_words_arrive_exactly(self, transport: Transport, character: str) -> None:
        """Words of 100 kB arrive exactly; Linux allows 128 kB."""
        word = character * (100_000 // len(character.encode("utf-8", "surrogateescape")))
        assert echoed(transport, word, "next") == [word, "next"]

    def test_a_program_for_the_shell(self, transport: Transport) -> None:
        """A program for the shell may have longer words than a process, no process list shows them,
        and the program changes nothing for the next command."""
        long = "~x'" * (1 << 20)
        program = (
            'cd /; umask 0; trap "" TERM; mark=$2; printf "%s %s\\n" "$#" "${#mark}"; '
            "cat /proc/[0-9]*/cmdline; exit 7"
        )
        done = transport.run(
            ["/bin/sh", "-c", program, "name", "in-no-list-" + "of-processes", long],
            timeout=PATIENCE,
        )
        assert (done.returncode, done.stdout.partition(b"\n")[0]) == (7, b"2 %d" % len(long))
        assert b"in-no-list-of-processes" not in done.stdout
        after = transport.run(
            ["/bin/sh", "-c", 'echo "$PWD|$(umask)|$mark|$#"', "name"], timeout=PATIENCE
        )
        assert (
            after.stdout
            == transport.run(["sh", "-c", 'echo "$PWD|$(umask)|$mark|$#"'], timeout=PATIENCE).stdout
        )
        assert after.stdout.endswith(b"||0\n")

    @pytest.mark.parametrize("word", ["a\0b", "\0", "half of a \ud800 pair"])
    def test_impossible_words_are_refused(self, transport: Transport, word: str) -> None:
        """A word that no command can receive is ``BadRequest``."""
        with pytest.raises(BadRequest):
            transport.run(["echo", word], timeout=PATIENCE)
        assert unharmed(transport)

    @pytest.mark.parametrize(
        "data",
        [
            b"", b"\n", b"no newline at the end", b"a line\n", bytes(range(256)),
            bytes(range(1, 256)) + b"\n", b"\0", b"\0\n", b"'\"$(date)`date`\\\n\\\\\n",
            b"EOF\n}\nexit 7\n", b"\r\n" * 3, b"x" * 100_000 + b"\n",
        ],
        ids=lambda data: repr(data[:12]),
    )  # fmt: skip
    def test_input_arrives_byte_for_byte(self, transport: Transport, data: bytes) -> None:
        """Input arrives byte for byte, also where a shell would read it as commands."""
        assert transport.run(["cat"], input=data, timeout=PATIENCE).stdout == data

    @settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
    @given(
        data=st.binary(max_size=300)
        | st.binary(max_size=300).map(lambda data: data.replace(b"\0", b"") + b"\n")
    )
    def test_any_input_arrives(self, transport: Transport, data: bytes) -> None:
        """Any input arrives byte for byte."""
        assert transport.run(["cat"], input=data, timeout=PATIENCE).stdout == data

    @pytest.mark.parametrize("end", [b"", b"\n"])
    def test_large_input_arrives(self, transport: Transport, end: bytes) -> None:
        """2 MB of input arrive, as text and as bytes."""
        source = random.Random(7)
        data = source.randbytes(1 << 20).hex().encode() + end if end else source.randbytes(2 << 20)
        assert transport.run(["cat"], input=data, timeout=PATIENCE).stdout == data

    def test_input_that_is_not_read(self, transport: Transport) -> None:
        """A command need not read its input."""
        for data in (b"x" * 500_000 + b"\n", b"\0" * 500_000):
            assert transport.run(["true"], input=data, timeout=PATIENCE).returncode == 0
        assert unharmed(transport)

    @pytest.mark.parametrize("script", ["exit 3", "kill -9 $$", "head -c 100000 >&2; exit 3"])
    @pytest.mark.parametrize("purpose", [Purpose.SUBMIT, Purpose.UPLOAD])
    def test_input_is_never_run(self, transport: Transport, script: str, purpose: Purpose) -> None:
        """Input that a command leaves unread is not run, however the command ends. Where it was to
        read all of it, that may be a ``CommandTimeout``."""
        path = f"/tmp/dssr-was-run-{random.randrange(1 << 32)}"
        for end in (b"\n", b"\0"):
            data, argv = f"touch {path}\n".encode() * 100_000 + end, ["sh", "-c", script]
            with suppress(*[CommandTimeout] * (purpose is Purpose.UPLOAD)):
                transport.run(argv, input=data, timeout=PATIENCE, purpose=purpose)
            assert sh(transport, f"ls {path}").returncode != 0
        assert unharmed(transport)

    def test_a_part_of_a_file_arrives(self, transport: Transport) -> None:
        """8 MB of input reach a file and come from it; also where the command counts them."""
        data = random.Random(8).randbytes(8 << 20)
        done = sh(transport, "f=$(mktemp) && cat >$f && cat $f && rm $f", input=data)
        assert (done.returncode, done.stdout) == (0, data)
        words, purpose = ["head", "-c", str(len(data))], Purpose.UPLOAD
        assert transport.run(words, input=data, timeout=PATIENCE, purpose=purpose).stdout == data
        assert unharmed(transport)

    def test_no_input_is_an_empty_one(self, transport: Transport) -> None:
        """Without input, a command's stdin is empty."""
        assert transport.run(["cat"], timeout=PATIENCE).stdout == b""

    @pytest.mark.parametrize("code", [0, 1, 3, 126, 127, 255])
    def test_exit_codes(self, transport: Transport, code: int) -> None:
        """Every exit code is returned, and none is an error of the transport."""
        assert sh(transport, f"exit {code}").returncode == code
        assert sh(transport, f"cat; exit {code}", input=b"\0").returncode == code

    def test_a_command_that_does_not_exist(self, transport: Transport) -> None:
        """A command that does not exist returns 127 and the shell's message."""
        done = transport.run(["no-such-command", "x"], timeout=PATIENCE)
        assert done.returncode == 127
        assert b"no-such-command" in done.stderr

    @pytest.mark.parametrize("number", [1, 9, 15])
    def test_a_signal_is_returned_as_its_negative(self, transport: Transport, number: int) -> None:
        """The return code of a command that a signal ended is minus the signal."""
        assert sh(transport, f"kill -{number} $$").returncode == -number
        assert unharmed(transport)

    def test_a_silent_command_is_given_up_at_its_deadline(self, transport: Transport) -> None:
        """A silent command is ``CommandTimeout`` at its deadline, and the next command works."""
        began = time.monotonic()
        with pytest.raises(CommandTimeout):
            transport.run(["sleep", "40"], timeout=1.0)
        assert 1.0 <= time.monotonic() - began < 30
        assert unharmed(transport)

    def test_a_dripping_command_is_given_up_at_its_deadline(self, transport: Transport) -> None:
        """Output does not prolong a command's deadline."""
        began = time.monotonic()
        with pytest.raises(CommandTimeout):
            sh(
                transport,
                "for i in $(seq 200); do echo .; echo . >&2; sleep 0.2; done",
                timeout=1.0,
            )
        assert 1.0 <= time.monotonic() - began < 30
        assert unharmed(transport)

    def test_a_process_left_behind_does_not_delay_the_answer(self, transport: Transport) -> None:
        """A command has ended when its process has, although another process holds its stdout."""
        began = time.monotonic()
        assert sh(transport, "sleep 40 & echo done").stdout == b"done\n"
        assert time.monotonic() - began < 30
        assert unharmed(transport)

    def test_a_timeout_spares_the_others(self, transport: Transport) -> None:
        """A command that hangs does not harm other commands."""
        with ThreadPoolExecutor(4) as pool:
            quiet = [pool.submit(sh, transport, "sleep 3; echo $1", str(n)) for n in range(3)]
            hanging = pool.submit(sh, transport, "sleep 30", timeout=1.0)
            assert [done.result().stdout for done in quiet] == [b"0\n", b"1\n", b"2\n"]
            # With one channel in all it may never have been started.
            assert isinstance(hanging.exception(), CommandTimeout | ConnectFailed)

    def test_sixteen_threads_at_once(self, transport: Transport) -> None:
        """Sixteen threads at once each get their own answers."""

        def ask(number: int) -> bool:
            data = os.urandom(2000) + str(number).encode()
            done = sh(transport, 'cat; echo "$1" >&2; exit $1', str(number), input=data)
            return (done.returncode, done.stdout, done.stderr) == (
                number,
                data,
                f"{number}\n".encode(),
            )

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(ask, list(range(16)) * 8))

    def test_the_bridges_settings_stay_here(
        self, transport: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A command, and a job that it submits, does not inherit the bridge's settings."""
        monkeypatch.setenv("JARVICE_SLURM_SSH_PKEY", "hunter2squared")
        environment = transport.run(["env"], timeout=PATIENCE).stdout
        assert b"PATH=" in environment
        assert b"hunter2squared" not in environment

    def test_the_prelude_is_run_first(self, transport: Transport) -> None:
        """The prelude has run before a command, and its output is not in the answer."""
        done = sh(transport, 'echo "$FROM_THE_PRELUDE"')
        assert (done.stdout, done.stderr) == (b"it ran\n", b"")

    def test_commands_run_at_home(self, transport: Transport) -> None:
        """Commands run in the user's home directory, as after a login."""
        assert (
            sh(transport, '[ "$PWD" = "$HOME" ] && [ -n "$USER" ] && echo yes').stdout == b"yes\n"
        )


def is_closed(transport: Transport) -> bool:
    """Whether the transport refuses to run commands."""
    with pytest.raises(ConnectFailed):
        transport.run(["true"], timeout=PATIENCE)
    return True


def closing_is_final(transport: Transport) -> None:
    """Assert that a transport can be closed twice and runs nothing afterwards."""
    assert unharmed(transport)
    transport.close()
    transport.close()
    assert is_closed(transport)
    transport.close()
