"""The SSH transport: one connection to a login node and a few long-lived remote shells on it.

Of several login nodes it uses the first that answers. A long-lived shell spares each command the
opening of a channel: some milliseconds, and two round trips on a slow link.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from connectors.transports.budget import Budget
from connectors.transports.counters import Counters, UsageCounter
from connectors.transports.keys import PrivateKey
from connectors.transports.login_nodes import LoginNodes
from connectors.transports.ssh.key_scan import scan_host_keys
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.way import ParamikoWay
from dssr.seams import Completed, Figure, PresentingHost, Purpose

log = logging.getLogger(__name__)
# A minute, for each host. sshd itself drops new connections when ten wait at once (MaxStartups).
_HANDSHAKES = 30


class SshTransport:
    """Runs commands on the first of several login nodes that can be reached."""

    def __init__(
        self,
        *logins: Login,
        prelude: str = "",
        connect_timeout: float = 8.0,
        budget: Budget | None = None,
        usage: UsageCounter | None = None,
    ) -> None:
        """``prelude``: shell text that each new remote shell runs first. ``connect_timeout``:
        seconds for a node to answer as SSH, and as long again for the login; a command's own
        deadline may be shorter. ``budget``, ``usage``: shared with other transports, if given."""
        self._logins, self._prelude, self._connect_timeout = logins, prelude, connect_timeout
        self._usage = usage or UsageCounter()
        # One budget for all nodes: they may share a jump host.
        budget = budget or Budget(_HANDSHAKES, time.monotonic)
        self._nodes = LoginNodes(
            [
                ParamikoWay(login, prelude.encode(), connect_timeout, budget, self._usage)
                for login in logins
            ]
        )

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
    ) -> Completed:
        """See ``dssr.seams.Transport``."""
        return self._nodes.run(argv, input, timeout, purpose)

    def as_user(self, user: str, key: PrivateKey, budget: Budget) -> "SshTransport":
        """A transport to the same nodes that logs in as this user with their key, through the
        same jump hosts. Its use of the nodes is counted here too."""
        logins = [replace(login, user=user, key=key, is_mapped=True) for login in self._logins]
        return SshTransport(
            *logins,
            prelude=self._prelude,
            connect_timeout=self._connect_timeout,
            budget=budget,
            usage=self._usage,
        )

    def rest(self) -> None:
        """Close the connections until the next command. Pauses after refused logins last on."""
        self._nodes.rest()

    def close(self) -> None:
        """See ``dssr.seams.Transport``."""
        self._nodes.close()
        log.debug("%s: %s", self._nodes.name, self.counters)

    @property
    def counters(self) -> Counters:
        """The use of all nodes so far."""
        return self._usage.counters

    def host_keys(self) -> Sequence[PresentingHost]:
        """See ``dssr.seams.PresentsHostKeys``."""
        hops = dict.fromkeys(hop for login in self._logins for hop in (*login.jump_logins, login))
        return [scan_host_keys(hop, self._connect_timeout) for hop in hops]

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        about = (
            "Whether a host presented another key than the trusted one when it was last heard of"
        )
        verifiers = {host: login.verifier for login in self._logins for host in login.hosts}
        changed = [
            Figure(
                "dssr_ssh_host_key_changed",
                about,
                float(verifier.is_changed(host)),
                labels=(("host", str(host)),),
            )
            for host, verifier in verifiers.items()
        ]
        return [*self.counters.figures(), *changed]
