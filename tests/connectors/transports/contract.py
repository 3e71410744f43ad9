"""The contract of transports: what must hold for each, whatever carries the commands.

A suite for one more transport is a class that inherits ``TransportContract`` and has a fixture ``transport``.
"""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dssr.errors import BadRequest, CommandTimeout, ConnectFailed
from dssr.seams import Completed, Transport

PATIENCE = 60.0  # seconds for what should end well: machines that run tests are slow at times
HOSTILE_WORDS = [
    "",
    " ",
    "it's",
    '"quoted"',
    "$(touch /tmp/dssr-must-not-exist)",
    "`touch /tmp/dssr-must-not-exist`",
    "${HOME} $HOME ~ * ? [a-z] {a,b} !! !x #",
    "!-1 '!!' \\! \"!$\"\n!x\n'!'",  # tcsh, even between single quotes
    "--uid=0 --wrap=id",
    "../../etc/passwd",
    "\N{LINE SEPARATOR}\N{NEXT LINE}\N{RIGHT-TO-LEFT OVERRIDE}",
    ";|&<>()",
    "\\ \\\\ \\n",
    "two\nlines\n",
    "\r\n\t\x0b\x7f\x01\x02",
    "--help",
    "-n",
    "%s%d",
    "Grüße 漢字 \U0001f600",
    "\udc80\udcff\udc81\udc88",  # bytes that are no UTF-8
    "\x81\x82\x88",  # what dash uses inside
    "}",
    "EOF",
]
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
    """These words as a command there received them."""
    done = transport.run(["printf", "%s\\0", *argv], timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


def unharmed(transport: Transport) -> bool:
    """Whether the next command works."""
    return transport.run(["echo", "well"], timeout=PATIENCE).stdout == b"well\n"


class TransportContract:
    """The rules. ``transport`` is as good for the next test as for this one, so one serves a whole class."""

    def test_the_answer(self, transport: Transport) -> None:
        """Words, exit code, and both streams apart, not a byte more or less."""
        argv = ["sh", "-c", "printf 'to stdout'; printf 'to stderr' >&2; exit 3"]
        assert transport.run(argv, timeout=PATIENCE) == Completed(
            tuple(argv), 3, b"to stdout", b"to stderr"
        )

    def test_hostile_words_arrive_exactly(self, transport: Transport) -> None:
        """No shell on the way sees a word unquoted."""
        assert echoed(transport, *HOSTILE_WORDS) == HOSTILE_WORDS

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
    )
    @given(argv=st.lists(words | bytes_as_words, min_size=1, max_size=6))
    @example(argv=["\n", "'", "\\"])
    def test_all_words_arrive_exactly(self, transport: Transport, argv: list[str]) -> None:
        """Whatever they hold; those of a program for the shell, too."""
        assert echoed(transport, *argv) == argv
        program = 'printf "%s\\0" "$@"; for word; do set -- "$word" && printf "%s\\0" "$1"; done'
        done = transport.run(["/bin/sh", "-c", program, "name", *argv], timeout=PATIENCE)
        assert done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1] == argv + argv

    @pytest.mark.parametrize("character", ["x", "'", "\n", "ü", "\udcff"])
    def test_long_words_arrive_exactly(self, transport: Transport, character: str) -> None:
        """Words of 100 KB, near to the 128 KB that Linux takes."""
        word = character * (100_000 // len(character.encode("utf-8", "surrogateescape")))
        assert echoed(transport, word, "next") == [word, "next"]

    def test_a_program_for_the_shell(self, transport: Transport) -> None:
        """Its words may be longer than those of a process, stand in no process list, and it changes nothing for the next."""
        long = "~x'" * (1 << 20)
        program = 'cd /; umask 0; trap "" TERM; mark=$2; printf "%s %s\\n" "$#" "${#mark}"; cat /proc/[0-9]*/cmdline; exit 7'
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
        """What no command can receive is the caller's mistake, and is not shortened."""
        with pytest.raises(BadRequest):
            transport.run(["echo", word], timeout=PATIENCE)
        assert unharmed(transport)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\n",
            b"no newline at the end",
            b"a line\n",
            bytes(range(256)),
            bytes(range(1, 256)) + b"\n",
            b"\0",
            b"\0\n",
            b"'\"$(date)`date`\\\n\\\\\n",
            b"EOF\n}\nexit 7\n",
            b"\r\n" * 3,
            b"x" * 100_000 + b"\n",
        ],
        ids=lambda data: repr(data[:12]),
    )
    def test_input_arrives_byte_for_byte(self, transport: Transport, data: bytes) -> None:
        """All of it, and nothing but it, also where a shell would take it for its own."""
        assert transport.run(["cat"], input=data, timeout=PATIENCE).stdout == data

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
    )
    @given(
        data=st.binary(max_size=300)
        | st.binary(max_size=300).map(lambda data: data.replace(b"\0", b"") + b"\n")
    )
    def test_any_input_arrives(self, transport: Transport, data: bytes) -> None:
        """Whatever it holds."""
        assert transport.run(["cat"], input=data, timeout=PATIENCE).stdout == data

    @pytest.mark.parametrize("end", [b"", b"\n"])
    def test_large_input_arrives(self, transport: Transport, end: bytes) -> None:
        """2 MB, as text and as bytes."""
        source = random.Random(7)
        data = (
            source.randbytes(2 << 20) if not end else source.randbytes(1 << 20).hex().encode() + end
        )
        assert transport.run(["cat"], input=data, timeout=PATIENCE).stdout == data

    def test_input_that_nobody_reads(self, transport: Transport) -> None:
        """A command need not read its input."""
        assert (
            transport.run(["true"], input=b"x" * 500_000 + b"\n", timeout=PATIENCE).returncode == 0
        )
        assert transport.run(["true"], input=b"\0" * 500_000, timeout=PATIENCE).returncode == 0
        assert unharmed(transport)

    def test_no_input_is_an_empty_one(self, transport: Transport) -> None:
        """A command that reads its stdin does not wait for anybody."""
        assert transport.run(["cat"], timeout=PATIENCE).stdout == b""

    @pytest.mark.parametrize("code", [0, 1, 3, 126, 127, 255])
    def test_exit_codes(self, transport: Transport, code: int) -> None:
        """Each is told as it is; none of them is an error of the transport."""
        assert sh(transport, f"exit {code}").returncode == code
        assert sh(transport, f"cat; exit {code}", input=b"\0").returncode == code

    def test_a_command_that_does_not_exist(self, transport: Transport) -> None:
        """127 and the shell's words, as from a shell."""
        done = transport.run(["no-such-command", "x"], timeout=PATIENCE)
        assert done.returncode == 127
        assert b"no-such-command" in done.stderr

    @pytest.mark.parametrize("number", [1, 9, 15])
    def test_a_signal_is_told_as_its_negative(self, transport: Transport, number: int) -> None:
        """A command that a signal ended did not exit."""
        assert sh(transport, f"kill -{number} $$").returncode == -number
        assert unharmed(transport)

    def test_both_streams_large_at_once(self, transport: Transport) -> None:
        """20 MB on each neither hang nor mix."""
        script = "head -c 20000000 /dev/zero | tr '\\0' o & head -c 20000000 /dev/zero | tr '\\0' e >&2; wait"
        done = sh(transport, script)
        assert (len(done.stdout), done.stdout.count(b"o")) == (20_000_000, 20_000_000)
        assert (len(done.stderr), done.stderr.count(b"e")) == (20_000_000, 20_000_000)

    def test_output_without_end_is_given_up(self, transport: Transport) -> None:
        """What prints more than any answer needs does not fill the bridge's memory."""
        with pytest.raises(CommandTimeout, match="64 MB"):
            sh(transport, "head -c 80000000 /dev/zero")
        assert unharmed(transport)

    def test_a_silent_command_is_given_up_at_its_deadline(self, transport: Transport) -> None:
        """Its outcome is unknown, and the next command works."""
        began = time.monotonic()
        with pytest.raises(CommandTimeout):
            transport.run(["sleep", "40"], timeout=1.0)
        assert 1.0 <= time.monotonic() - began < 30
        assert unharmed(transport)

    def test_a_dripping_command_is_given_up_at_its_deadline(self, transport: Transport) -> None:
        """A byte now and then does not prolong it."""
        began = time.monotonic()
        with pytest.raises(CommandTimeout):
            sh(
                transport,
                "for i in $(seq 200); do echo .; echo . >&2; sleep 0.2; done",
                timeout=1.0,
            )
        assert 1.0 <= time.monotonic() - began < 30
        assert unharmed(transport)

    def test_a_process_left_behind_keeps_nobody_waiting(self, transport: Transport) -> None:
        """A command has ended when it has ended, whoever still holds its stdout."""
        began = time.monotonic()
        assert sh(transport, "sleep 40 & echo done").stdout == b"done\n"
        assert time.monotonic() - began < 30
        assert unharmed(transport)

    def test_a_timeout_spares_the_others(self, transport: Transport) -> None:
        """A command that hangs takes no other command down with it."""
        with ThreadPoolExecutor(4) as pool:
            quiet = [pool.submit(sh, transport, "sleep 3; echo $1", str(n)) for n in range(3)]
            hanging = pool.submit(sh, transport, "sleep 30", timeout=1.0)
            assert [done.result().stdout for done in quiet] == [b"0\n", b"1\n", b"2\n"]
            # Where there is one channel in all it may never have been its turn.
            assert isinstance(hanging.exception(), CommandTimeout | ConnectFailed)

    def test_sixteen_threads_at_once(self, transport: Transport) -> None:
        """Everybody gets his own answer."""

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
        """A command, and the job that it may submit, does not inherit the bridge's secrets."""
        monkeypatch.setenv("JARVICE_SLURM_SSH_PKEY", "hunter2squared")
        environment = transport.run(["env"], timeout=PATIENCE).stdout
        assert b"PATH=" in environment
        assert b"hunter2squared" not in environment

    def test_the_prelude_is_run_first(self, transport: Transport) -> None:
        """What each shell is to run first has run, and printed nothing into the answer (each ``transport`` has PRELUDE)."""
        done = sh(transport, 'echo "$FROM_THE_PRELUDE"')
        assert (done.stdout, done.stderr) == (b"it ran\n", b"")

    def test_commands_run_at_home(self, transport: Transport) -> None:
        """As after a login."""
        assert (
            sh(transport, '[ "$PWD" = "$HOME" ] && [ -n "$USER" ] && echo yes').stdout == b"yes\n"
        )


def closing_is_final(transport: Transport) -> None:
    """Closed twice without an error, and then nothing runs any more."""
    assert unharmed(transport)
    transport.close()
    transport.close()
    with pytest.raises(ConnectFailed):
        transport.run(["true"], timeout=PATIENCE)
    transport.close()
