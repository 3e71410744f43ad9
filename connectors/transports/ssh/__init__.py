"""SSH by paramiko. Only this package imports paramiko and handles its exceptions."""

from connectors.transports.ssh.login import Login
from connectors.transports.ssh.transport import SshTransport

__all__ = ["Login", "SshTransport"]
