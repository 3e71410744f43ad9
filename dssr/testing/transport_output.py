"""The rules for what commands print, as a part of the rules for transports."""

from itertools import accumulate

import pytest

from dssr.errors import CommandTimeout
from dssr.seams import Completed, Purpose, Transport

_PATIENCE = 60.0  # seconds


class TransportOutputContract:
    """The rules for much output."""

    def test_both_streams_large_at_once(self, transport: Transport) -> None:
        """20 MB on each stream at once neither hang nor mix."""
        large = "head -c 20000000 /dev/zero | tr '\\0'"
        script = f"{large} o & {large} e >&2; wait"
        done = transport.run(["sh", "-c", script], timeout=_PATIENCE)
        assert (len(done.stdout), done.stdout.count(b"o")) == (20_000_000, 20_000_000)
        assert (len(done.stderr), done.stderr.count(b"e")) == (20_000_000, 20_000_000)

    def test_output_for_a_sink(self, transport: Transport) -> None:
        """A sink gets what a command prints on stdout, in order, each piece with its place; the
        answer has the rest."""
        found: list[tuple[int, bytes]] = []
        argv = ("sh", "-c", "seq 200000; printf 'to stderr' >&2; exit 3")
        done = transport.run(
            argv,
            timeout=_PATIENCE,
            purpose=Purpose.OUTPUT,
            sink=lambda at, data: found.append((at, data)),
        )
        assert done == Completed(argv, 3, b"", b"to stderr")
        ends = accumulate(len(data) for _, data in found)
        assert [at for at, _ in found] == [0, *ends][:-1]
        printed = b"".join(data for _, data in found)
        assert printed.split() == [b"%d" % number for number in range(1, 200001)]

    @pytest.mark.parametrize("sink", [None, lambda _at, _data: None])
    def test_output_without_end_is_given_up(self, transport: Transport, sink: None) -> None:
        """A command that prints without end is given up before it fills the bridge's memory."""
        with pytest.raises(CommandTimeout, match="64 MB"):
            transport.run(["sh", "-c", "head -c 80000000 /dev/zero"], timeout=_PATIENCE, sink=sink)
        assert transport.run(["echo", "well"], timeout=_PATIENCE).stdout == b"well\n"
