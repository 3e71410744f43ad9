"""The front of a service: a small process that owns its address.

It outlives jobs, connections and the process that started it, and carries the traffic beside the
bridge's interpreter. ``python -m dssr.services.front`` starts one, which then takes orders at its
control socket: ``status``, ``target``, ``drain``, ``observe``, ``stop``.

A connection passes these modules: ``acceptor`` (whose it is: ``admission``), ``connections`` (bytes
or HTTP: ``heads``, ``bodies``, ``door``), ``targets`` (where it goes, hold and drain), ``exchange``
and ``pump`` (the bytes). ``watch`` looks at the target's health (``probes``, ``health``).
"""
