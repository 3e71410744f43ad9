"""``python -m dssr`` is the ``dssr`` command."""

import sys

from dssr.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
