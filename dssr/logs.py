"""How the log is written: on stderr, for people to read or as JSON for programs."""

import json
import logging
import sys
from datetime import UTC, datetime

from dssr import request_id


class Lines(logging.Formatter):
    """For people: time, level, message, and the id of the request that it is about.

    A message of several lines becomes several log lines, so that each has a time and a level by
    which it can be searched for.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        message, shown = record.message, []
        request = request_id.current()
        about = f" [request {request}]" if request else ""
        for line in message.splitlines() or [""]:
            record.message = line + about
            shown.append(super().formatMessage(record))
        record.message = message
        return "\n".join(shown)


class JsonLines(logging.Formatter):
    """For programs: one JSON object a line, whatever the message holds."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        shown = {
            "time": rfc3339(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.current() or None,
        }
        if record.exc_info:
            shown["traceback"] = self.formatException(record.exc_info)
        return json.dumps(shown)


def rfc3339(seconds: float) -> str:
    """A time since the epoch, in UTC with milliseconds."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def set_up(level: int, form: str) -> None:
    """Let all loggers write to stderr what has this level or a higher one.

    ``form``: ``json``, or ``plain``.
    """
    handler = logging.StreamHandler(sys.stderr)
    plain = Lines("%(asctime)s %(levelname)-7s %(message)s")
    handler.setFormatter(JsonLines() if form == "json" else plain)
    logging.basicConfig(level=level, handlers=[handler])
    # paramiko logs every packet, and a traceback where the connector says in a sentence what
    # has happened.
    logging.getLogger("paramiko").setLevel(
        logging.WARNING if level <= logging.DEBUG else logging.CRITICAL
    )
