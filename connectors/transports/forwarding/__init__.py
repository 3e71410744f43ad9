"""Forwards over OpenSSH's own program: local sockets that lead to ports of nodes."""
