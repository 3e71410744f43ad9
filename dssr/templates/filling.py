"""A template that a user has filled in -> the fields of the submission form. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dssr.form.fields import Form
from dssr.form.writing import cleaned, script_of
from dssr.templates.field import Field, mistake
from dssr.templates.template import Template

_ENDING = re.compile(r"\.[A-Za-z0-9]{1,16}")


@dataclass
class FilledTemplate:
    """``given``: the fields as a request has them; of a file, its name where the user has it;
    of a box that is not ticked, nothing. ``problems``: a sentence for each field that is wrong."""

    template: Template
    given: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def values(self) -> Mapping[str, str]:
        """The values of its fields: those that are given, and else their defaults."""
        return {field.name: self._value(field) for field in self.template.fields}

    def check(self) -> None:
        """Find what is wrong."""
        known = {one.name for one in self.template.fields}
        for name in self.given:
            if name not in known:
                self.problems[name[:60]] = f"The template has no field {name[:60]!r}."
        for one in self.template.fields:
            if sentence := mistake(one, self._value(one)):
                self.problems[one.name] = sentence

    def job_values(self) -> dict[str, str]:
        """The fields of the submission form. Only where nothing is wrong."""
        values = self.values()
        found = {
            one.name: values[one.name]
            for one in self.template.fields
            if not one.is_own and values[one.name]
        }
        return found | {"script": self.script()}

    def script(self) -> str:
        """The template's script, with its own fields as variables."""
        values = self.values()
        variables = tuple(
            (one.variable, self._in_script(one, values[one.name]))
            for one in self.template.fields
            if one.is_own
        )
        return script_of(Form(command=self.template.script, environment=variables))

    def _value(self, one: Field) -> str:
        value = self.given.get(one.name, one.default)
        if one.type == "flag":
            return "true" if value else ""
        return cleaned(value).strip() if one.type == "lines" else value.strip()

    def _in_script(self, one: Field, value: str) -> str:
        return stored_name(one, value) if one.type == "file" else value


def stored_name(one: Field, name: str) -> str:
    """The name that a file gets in the job's working directory: that of its field, with the ending
    that it has. Empty where there is no file."""
    if not name:
        return ""
    end = re.search(r"\.[^./\\]*$", name)
    ending = end[0] if end and _ENDING.fullmatch(end[0]) else ""
    return one.name + ending
