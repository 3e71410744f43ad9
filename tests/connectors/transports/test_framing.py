"""Frames as real shells read them from stdin."""

import contextlib
import subprocess
import threading
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.transports.framing import Answer, Frame, frame
from dssr.errors import BadRequest

SHELLS = ["dash", "bash"]


def fed(shell: str, text: bytes) -> subprocess.CompletedProcess[bytes]:
    """The shell's result for this text on its stdin."""
    return subprocess.run([shell], input=text, capture_output=True, timeout=60)


def printed_for(shell: str, first: Frame, following: bytes) -> bytes:
    """What the shell prints on stdout for a frame, and for what is sent once that has begun."""
    with subprocess.Popen([shell], stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(first.text)
        process.stdin.flush()
        begin = process.stdout.read(len(first.begin))
        writer = threading.Thread(target=_send, args=(process.stdin, following))
        writer.start()
        printed = begin + process.stdout.read()
        writer.join()
    return printed


def answered(shell: str, argv: list[str], data: bytes | None = None) -> Answer:
    """The answer of that shell to a framed command."""
    framed = frame(argv, data)
    answer = Answer(framed)
    done = fed(shell, b"echo banner; echo another >&2\n" + framed.text)
    answer.stdout.feed(done.stdout)
    answer.stderr.feed(done.stderr)
    assert answer.complete
    return answer


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "data",
    [None, b"line one\nline two\n", b"bytes \0 and no newline"],
    ids=["none", "text", "bytes"],
)
def test_a_truncated_frame_runs_nothing(shell: str, data: bytes | None, tmp_path: Path) -> None:
    """A frame that is cut at any byte runs nothing."""
    trace = tmp_path / "it ran"
    for argv in (["tee", str(trace)], ["/bin/sh", "-c", 'tee "$1"', "sh", str(trace)]):
        text = frame(argv, data).text
        assert text.endswith(b"\n}\n")
        for length in range(len(text) - 1):  # the command is complete without the last newline
            fed(shell, text[:length])
            assert not trace.exists(), text[:length]
        fed(shell, text)
        assert trace.read_bytes() == (data or b"")
        trace.unlink()


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=200), argv=st.lists(st.binary(max_size=20), max_size=3))
def test_every_shell_passes_on_what_it_is_given(shell: str, data: bytes, argv: list[bytes]) -> None:
    """Words and input arrive exactly, with dash and with bash as /bin/sh."""
    given_words = [word.replace(b"\0", b"").decode("utf-8", "surrogateescape") for word in argv]
    expected = (
        b"".join(word.encode("utf-8", "surrogateescape") + b"|" for word in given_words) or b"|"
    )
    for program in ("sh", "/bin/sh"):  # a process of its own, and a subshell
        answer = answered(
            shell, [program, "-c", 'printf "%s|" "$@"; cat', "sh", *given_words], data
        )
        assert answer.stdout.content == expected + data
        assert (answer.returncode, answer.stderr.content) == (0, b"")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("script", ["cat", "true", "exit 7", "kill -9 $$", "head -c 10"])
def test_large_input_follows_its_frame(shell: str, script: str) -> None:
    """Input that follows a frame reaches the command and nothing else: the shell reads its next
    frame after it, whatever the command has read."""
    data = b"echo never $((6 * 7)); exit 9\n" * 10_000
    first, second = frame(["sh", "-c", script], data), frame(["echo", "next"])
    assert (first.input, len(first.text) < 1000) == (data, True)
    printed = printed_for(shell, first, data + second.text)
    expected = {"cat": data, "head -c 10": data[:10]}
    answers = Answer(first), Answer(second)
    for answer in answers:
        answer.stdout.feed(printed)
    assert answers[0].stdout.content == expected.get(script, b"")
    assert answers[1].stdout.content == b"next\n"
    assert answers[0].returncode == {"exit 7": 7, "kill -9 $$": -9}.get(script, 0)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("left", [0, 1, 30, 300_000])
def test_a_command_that_reads_exactly_its_input(shell: str, left: int) -> None:
    """Input that the command itself reads to its last byte is followed by the next frame; the
    shell ends where some of it was left, and runs none of that."""
    data = b"echo never $((6 * 7)); exit 9\n" * 10_000
    first = frame(["head", "-c", str(len(data) - left)], data, is_read=True)
    second = frame(["echo", "next"])
    printed = printed_for(shell, first, first.input + first.after + second.text)
    if left:
        assert printed == first.begin + data[:-left]
    else:
        answers = Answer(first), Answer(second)
        for answer in answers:
            answer.stdout.feed(printed)
        assert [answer.stdout.content for answer in answers] == [data, b"next\n"]


@pytest.mark.parametrize("shell", SHELLS)
def test_input_that_is_cut_off_ends_the_shell(shell: str) -> None:
    """When less input comes than was announced, the shell runs nothing more."""
    framed = frame(["true"], b"echo never\n" * 10_000)
    with subprocess.Popen([shell], stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(framed.text)
        process.stdin.flush()
        begin = process.stdout.read(len(framed.begin))
        _send(process.stdin, framed.input[:1000])
        printed = process.stdout.read()
    assert begin == framed.begin
    assert b"never" not in printed


def _send(pipe: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # the shell has ended
        pipe.write(data)
    with contextlib.suppress(BrokenPipeError):
        pipe.close()


@pytest.mark.parametrize("shell", SHELLS)
def test_banners_are_outside(shell: str) -> None:
    """What a shell printed before is in neither stream, and is kept for errors."""
    answer = answered(shell, ["sh", "-c", "echo out; echo err >&2"])
    assert (answer.stdout.content, answer.stderr.content) == (b"out\n", b"err\n")
    assert "banner another" in answer.other_output


@given(st.integers(1, 40), st.binary(max_size=300))
def test_an_answer_in_pieces(size: int, output: bytes) -> None:
    """Marks are found wherever the network cuts them, and not inside of the output."""
    framed = frame(["true"])
    answer = Answer(framed)
    received = b"banner" + framed.begin + output + framed.end + b"3\n"
    for at in range(0, len(received), size):
        assert not answer.complete
        answer.stdout.feed(received[at : at + size])
    answer.stderr.feed(framed.begin + framed.end + b"\n")
    assert answer.complete
    assert (answer.stdout.content, answer.returncode) == (output, 3)


@given(st.integers(1, 40), st.binary(max_size=300))
def test_output_for_a_sink(size: int, output: bytes) -> None:
    """A sink gets the output and no mark, each piece with its place, wherever the network cuts."""
    framed, found = frame(["true"]), bytearray()

    def take(at: int, data: bytes) -> None:
        assert at == len(found)
        found.extend(data)

    answer = Answer(framed, take)
    received = framed.begin + output + framed.end + b"3\n"
    for at in range(0, len(received), size):
        answer.stdout.feed(received[at : at + size])
    assert (bytes(found), answer.stdout.content) == (output, b"")
    assert answer.stdout.status == b"3"


@pytest.mark.parametrize(
    ("code", "expected"),
    [(0, 0), (3, 3), (127, 127), (128, 128), (129, -1), (137, -9), (192, -64), (255, 255)],
)
def test_exit_codes_and_signals(code: int, expected: int) -> None:
    """A shell's codes above 128 are signals as far as there are signals."""
    framed = frame(["true"])
    answer = Answer(framed)
    answer.stdout.feed(framed.begin + framed.end + str(code).encode() + b"\n")
    assert answer.returncode == expected


def test_marks_are_not_repeated() -> None:
    """Each frame has a mark of its own."""
    assert len({frame(["true"]).begin for _ in range(100)}) == 100


def test_a_nul_is_refused() -> None:
    """A word with a NUL is ``BadRequest``."""
    with pytest.raises(BadRequest, match="NUL"):
        frame(["echo", "a\0b"])
