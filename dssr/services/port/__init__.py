"""The services port of a bridge: one port at which each service has its host name.

``python -m dssr.services.port`` starts it: a process of its own, so the addresses outlive the
bridge. It looks at a connection's first request without reading it (``arrival``, ``names``). A
service's connection goes to that service's front, as an open file: its bytes never pass here.
Interactive jobs have their doors in this process (``jobs``), over one connection to the cluster.
"""
