"""The bridge's figures, each beside a baseline measured in the same run on the same cluster.

::

    python -m tests.bench                    # all figures in some twenty minutes; --short: two
    python -m tests.bench submit polling     # some of them
    python -m tests.bench --against DIR      # this checkout beside another one with a .venv
    python -m tests.bench.events             # an hour of a service's server-sent events; --minutes
    python -m tests.bench.soak --minutes 10  # hundreds of jobs; a fault strikes every half minute
    python -m tests.bench.trace              # which files and functions a request enters

Only the ratios are of use, because the machine that runs this is never quite idle. The table shows
the load average beside each figure.
"""
