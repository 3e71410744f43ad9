"""The bridge's figures, each beside a baseline taken in the same run on the same cluster, and the soak.

::

    python -m tests.bench                    # all figures, some twenty minutes; --short: two minutes
    python -m tests.bench submit polling     # some of them
    python -m tests.bench.soak --minutes 10  # hundreds of jobs while a fault strikes every half minute

Only ratios count: the machine that runs this is never quite idle. The load average stands beside each figure.
"""
