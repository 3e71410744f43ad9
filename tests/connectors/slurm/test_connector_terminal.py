"""Which transports may ask a person at a terminal."""

from collections.abc import Sequence

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from connectors.transports.local import LocalTransport
from dssr.seams import AsksAtTerminal, Completed, Purpose, Sink
from dssr.settings.validation import completed


class Asking:
    """A transport that notes whether it may ask."""

    asks = False

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        """See ``dssr.seams.Transport``."""
        raise AssertionError("nothing is run")

    def close(self) -> None:
        """See ``dssr.seams.Transport``."""

    def ask_at_terminal(self) -> None:
        """See ``dssr.seams.AsksAtTerminal``."""
        self.asks = True


def test_the_transport_is_asked_for_what_it_can() -> None:
    """The connector passes it on to a transport that can ask, and leaves others alone."""
    settings, transport = completed(SlurmSettings(cluster_address="local")), Asking()
    connector = SlurmConnector(settings, transport)
    assert isinstance(connector, AsksAtTerminal)
    connector.ask_at_terminal()
    assert transport.asks
    with_none = SlurmConnector(settings, LocalTransport())
    with_none.ask_at_terminal()
    assert not isinstance(with_none._transport, AsksAtTerminal)
    with_none.close()
