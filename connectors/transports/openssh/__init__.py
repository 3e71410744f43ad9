"""SSH by OpenSSH's own program: for certificates, GSSAPI, hardware keys, and a user's own access.

A master (``ssh -M``) holds the connection to each login node. Commands go through remote shells
over its control socket, as they do with paramiko.
"""

from connectors.transports.openssh.forwards import Forwarding, Probe
from connectors.transports.openssh.target import Hop, HostKeys, Target
from connectors.transports.openssh.transport import OpensshTransport

__all__ = ["Forwarding", "Hop", "HostKeys", "OpensshTransport", "Probe", "Target"]
