"""The files that come with the form of a job: its script, and those that the job is going to read.

A job with such files is held until they are in its working directory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import request
from werkzeug.datastructures import FileStorage

from dssr.form.writing import INTERPRETER, cleaned, faults_of
from dssr.seams import PART

_HELD = "tick 'hold it', upload it on the job's page of files, and release the job"
SCRIPT, INPUT = "script_file", "files"  # the fields


@dataclass(frozen=True)
class Sent:
    """The fields of a form, with the script that came as a file. ``fixed``: what was wrong with
    that, in words. ``lost``: the files, which no page brings back: they are chosen again."""

    values: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    fixed: Sequence[str] = ()
    lost: str = ""


def sent_form() -> Sent:
    """The form of this request."""
    values, lost = request.form.to_dict(), ", ".join(name_of(file) for file in input_files())
    problems = {INPUT: found} if (found := _fault(input_files())) else {}
    if not (file := request.files.get(SCRIPT)) or not file.filename:
        return Sent(values, problems, (), lost)
    if cleaned(values.get("script", "")).strip() not in ("", INTERPRETER):
        problems[SCRIPT] = "There is a script in the field, too: empty one of the two."
        return Sent(values, problems, (), lost)
    try:
        text = file.read().decode("utf-8")
    except UnicodeDecodeError:
        problems[SCRIPT] = f"{name_of(file)} is no text in UTF-8: is it a program?"
        return Sent(values, problems, (), lost)
    return Sent({**values, "script": cleaned(text)}, problems, faults_of(text), lost)


def form_to_keep() -> Mapping[str, str]:
    """The form of this request, to be filled in again after a login."""
    sent = [file for _, file in request.files.items(multi=True)]
    names = [name_of(file) for file in sent if file.filename]
    return {**request.form.to_dict(), **({"lost": ", ".join(names)} if names else {})}


def input_files() -> Sequence[FileStorage]:
    """The files of this request that its job is going to read."""
    return [file for file in request.files.getlist(INPUT) if file.filename]


def inputs() -> Mapping[str, bytes]:
    """The same by their names."""
    return {name_of(file): file.read() for file in input_files()}


def name_of(file: FileStorage) -> str:
    """A file's name, without the directories that some browsers send."""
    return (file.filename or "").replace("\\", "/").rpartition("/")[2]


def sizes(max_body: int) -> str:
    """How much a form takes, in words. ``max_body``: MB of a request, of which the fields have
    one."""
    most = max(1, max_body - 1)
    return f"at most {min(PART >> 20, most)} MB each, {most} MB in all"


def too_large(file: FileStorage, cure: str) -> str:
    """What is wrong with a file's size, and what to do; empty: nothing is."""
    size = file.seek(0, 2)
    file.seek(0)
    takes = f"{name_of(file)} is larger than the {PART >> 20} MB that a form takes"
    return f"{takes}: {cure}." if size > PART else ""


def _fault(files: Sequence[FileStorage]) -> str:
    """What is wrong with one of them: its size, or a name that two have."""
    names = set()
    for file in files:
        if name_of(file) in names:
            return (
                f"Two files are called {name_of(file)}, and a directory holds one of that name: "
                "rename one, or leave it out."
            )
        names.add(name_of(file))
        if sentence := too_large(file, _HELD):
            return sentence
    return ""
