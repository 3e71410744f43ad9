"""How a job looks: in a line, in a terminal, in a notebook. Pure."""

from datetime import datetime
from html import escape

from dssr.client.documents import JobDocument

_COLOURS = {
    "RUNNING": "rgb(10,88,202)",
    "COMPLETING": "rgb(10,88,202)",
    "COMPLETED": "rgb(20,108,67)",
    "PENDING": "rgb(148,98,0)",
    "HELD": "rgb(148,98,0)",
    "REQUEUED": "rgb(148,98,0)",
    "SUSPENDED": "rgb(148,98,0)",
    "UNKNOWN": "rgb(86,94,100)",
}
_LONGEST_NAME = 40  # characters
_FAILED = "rgb(176,42,55)"


def short(job: JobDocument) -> str:
    """One line."""
    return f"<Job {job['id']} {job['name']!r} {job['state']}>"


def listed(job: JobDocument, now: datetime) -> str:
    """A line among others: id, name, state and age."""
    age = f"  {ago(job['submitted_at'], now)} old" if job["submitted_at"] else ""
    return _line(f"{job['id']}  {job['name'][:_LONGEST_NAME]}  {job['state']}{age}")


def ago(time: str | None, now: datetime) -> str:
    """How long ago a time was, in its largest unit: ``5m``."""
    if time is None:
        return ""
    seconds = max(0, round((now - datetime.fromisoformat(time)).total_seconds()))
    for unit, name in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= unit:
            return f"{seconds // unit}{name}"
    return f"{seconds}s"


def text(job: JobDocument) -> str:
    """A few lines: what it is, its state and why, its times and resources."""
    lines = [f"{job['name']} ({job['id']}): {_state(job)}"]
    lines += [f"  {job['explanation']}"] if job["explanation"] else []
    lines += [f"  {label:<10} {value}" for label, value in _rows(job)]
    return "\n".join(_line(line) for line in lines)


def html(job: JobDocument) -> str:
    """The same for a notebook. All that a user wrote is escaped."""
    colour = _COLOURS.get(job["state"], _FAILED)
    badge = (
        f'<span style="color:white;background:{colour};border-radius:0.3em;padding:0.1em 0.5em">'
        f"{escape(job['state'])}</span>"
    )
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(label)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for label, value in _rows(job)
    )
    why = f"<p>{escape(job['explanation'])}</p>" if job["explanation"] else ""
    title = f"<b>{escape(job['name'])}</b> <code>{escape(job['id'])}</code> {badge}"
    return f"<div>{title}{why}<table>{rows}</table></div>"


def _state(job: JobDocument) -> str:
    code = job["exit_code"]
    return f"{job['state']}, exit code {code}" if job["is_final"] and code else job["state"]


def _rows(job: JobDocument) -> list[tuple[str, str]]:
    """What there is to say, with a label each."""
    nodes = ", ".join(job["nodes"])
    amounts = [
        (job["node_count"], "node", "nodes"),
        (job["cores"], "core", "cores"),
        (job["memory_mb"], "MB", "MB"),
        (job["gpus"], "GPU", "GPUs"),
    ]
    uses = [f"{n} {one if n == 1 else many}" for n, one, many in amounts if n]
    ran = f"{job['elapsed_seconds']} s" if job["started_at"] else ""
    limit = f" of {job['walltime_seconds']} s" if job["walltime_seconds"] else ""
    rows = [
        ("submitted", job["submitted_at"]),
        ("expected", job["expected_start_at"] if not job["started_at"] else None),
        ("started", job["started_at"]),
        ("ended", job["ended_at"]),
        ("ran for", ran + limit if ran else ""),
        ("uses", ", ".join(uses)),
        ("on", nodes),
        ("partition", job["partition"]),
        ("directory", job["working_directory"]),
    ]
    return [(label, value) for label, value in rows if value]


def _line(line: str) -> str:
    """Without characters that would move a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in line)
