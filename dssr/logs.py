"""How the log is written: on stderr, each line with its time and level."""

import logging
import sys


class Lines(logging.Formatter):
    """Writes a message of several lines as several log lines.

    So each line has a time and a level, by which it can be searched for.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        message, shown = record.message, []
        for record.message in message.splitlines() or [""]:
            shown.append(super().formatMessage(record))
        record.message = message
        return "\n".join(shown)


def set_up(level: int) -> None:
    """Let all loggers write to stderr what has this level or a higher one."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines("%(asctime)s %(levelname)-7s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    # paramiko logs every packet, and a traceback where the connector says in a sentence what
    # has happened.
    logging.getLogger("paramiko").setLevel(
        logging.WARNING if level <= logging.DEBUG else logging.CRITICAL
    )
