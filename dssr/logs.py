"""How the log is written: on stderr, each line of it with its time and level."""

import logging
import sys


class Lines(logging.Formatter):
    """A message of several lines becomes several log lines: none of them is without a time and a level for who searches."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        whole, shown = record.message, []
        for record.message in whole.splitlines() or [""]:
            shown.append(super().formatMessage(record))
        record.message = whole
        return "\n".join(shown)


def set_up(level: int) -> None:
    """Have all loggers write to stderr what is of this level or a higher one."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines("%(asctime)s %(levelname)-7s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    # It talks of every packet, and prints a traceback where the connector says in a sentence what has happened.
    logging.getLogger("paramiko").setLevel(
        logging.WARNING if level <= logging.DEBUG else logging.CRITICAL
    )
