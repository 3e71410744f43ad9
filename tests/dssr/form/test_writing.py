"""The script that a form becomes."""

from dataclasses import fields

import pytest
from hypothesis import given

from connectors.shared.directives import read
from dssr.errors import BadRequest
from dssr.form.fields import OPTION_OF, Form
from dssr.form.writing import cleaned, script_of
from dssr.jobs.script import name_in, normalised
from tests.dssr.form.forms import FORMS

FILLED_IN = Form(
    command="srun ./relax --steps 3",
    name="relax",
    partition="debug",
    account="chem",
    qos="normal",
    nodes="2",
    tasks="8",
    cores="4",
    memory="4G",
    gpus="1",
    walltime="2:00:00",
    working_directory="/scratch/run 7",
    mail_type="END,FAIL",
    mail_user="alice@example.org",
    dependency="afterok:17",
    modules=("gcc/13.2", "openmpi"),
    environment=(("OMP_NUM_THREADS", "4"), ("TITLE", "it's $5")),
    options=(("exclusive", None), ("comment", 'a "b"')),
)
ITS_SCRIPT = (
    "#!/bin/bash\n"
    "#SBATCH --exclusive\n"
    '#SBATCH --comment="a \\"b\\""\n'
    "#SBATCH --job-name=relax\n"
    "#SBATCH --partition=debug\n"
    "#SBATCH --account=chem\n"
    "#SBATCH --qos=normal\n"
    "#SBATCH --nodes=2\n"
    "#SBATCH --ntasks=8\n"
    "#SBATCH --cpus-per-task=4\n"
    "#SBATCH --mem=4G\n"
    "#SBATCH --gpus-per-node=1\n"
    "#SBATCH --time=2:00:00\n"
    '#SBATCH --chdir="/scratch/run 7"\n'
    "#SBATCH --mail-type=END,FAIL\n"
    "#SBATCH --mail-user=alice@example.org\n"
    "#SBATCH --dependency=afterok:17\n"
    "\n"
    "module load gcc/13.2\n"
    "module load openmpi\n"
    "export OMP_NUM_THREADS=4\n"
    "export TITLE='it'\"'\"'s $5'\n"
    "\n"
    "srun ./relax --steps 3\n"
)


def test_a_filled_in_form() -> None:
    """Each field is a line of the script, in an order that does not change."""
    assert all(getattr(FILLED_IN, field.name) for field in fields(Form))
    assert script_of(FILLED_IN) == ITS_SCRIPT


@given(FORMS)
def test_sbatch_reads_the_fields_and_nothing_else(form: Form) -> None:
    """The script's options are those of the form, whatever characters the fields hold."""
    asked = [*form.options, *((OPTION_OF[f], getattr(form, f)) for f in OPTION_OF)]
    asked = [(name, value) for name, value in asked if value != "" or name in dict(form.options)]
    assert [(option.name, option.value) for option in read(script_of(form))] == asked


@given(FORMS)
def test_the_bridge_takes_the_script_as_it_is(form: Form) -> None:
    """The bridge changes nothing in the script, and finds the job's name in it."""
    script = script_of(form)
    assert normalised(script) == script
    assert name_in(script) == form.name


def test_a_script_keeps_its_interpreter_and_its_directives() -> None:
    """A whole script keeps its lines, and of two directives that of the field is valid."""
    command = "#!/usr/bin/python3\n# mine\n#SBATCH --time=5\n# more\nprint('#SBATCH')\n"
    assert script_of(Form(command=command, walltime="10", nodes="1")) == (
        "#!/usr/bin/python3\n# mine\n#SBATCH --time=5\n#SBATCH --nodes=1\n#SBATCH --time=10\n\n"
        "# more\nprint('#SBATCH')\n"
    )


@pytest.mark.parametrize(
    "first", ["#!/bin/sh", "#!/bin/bash -l", "#!/usr/bin/env bash", "#! /bin/zsh"]
)
def test_shells_load_modules(first: str) -> None:
    """A script in a shell gets its modules and variables behind its directives."""
    script = script_of(Form(command=f"{first}\ntrue", modules=("gcc",)))
    assert script == f"{first}\n\nmodule load gcc\n\ntrue\n"


@pytest.mark.parametrize("first", ["#!/usr/bin/python3", "#!/bin/csh", "#!/usr/bin/env perl"])
def test_what_is_no_shell_loads_none(first: str) -> None:
    """A script in another language cannot load modules, and the error says what to do."""
    with pytest.raises(BadRequest, match="begin it with #!/bin/bash"):
        script_of(Form(command=f"{first}\nx", modules=("gcc",)))


@pytest.mark.parametrize(
    "script", ["#!/bin/sh\n# a\n#SBATCH -t 5\n\n\ntrue\n", "#!/bin/bash\n\ntrue\n"]
)
def test_a_script_stays_as_it_is_where_no_field_is_filled_in(script: str) -> None:
    """A form with a script alone is that script."""
    assert script_of(Form(command=script)) == script


def test_a_wrong_field_makes_no_script() -> None:
    """A form with a wrong field is refused with the field's name."""
    with pytest.raises(BadRequest, match=r"The field 'mail user': .* alice@example\.org"):
        script_of(Form(command="true", mail_user="\n"))


@pytest.mark.parametrize(
    ("text", "clean"),
    [("a\n", "a\n"), ("\ufeffa\r\nb\r\n", "a\nb\n"), ("a\rb", "a\nb"), ("\ufeffa", "a")],
)
def test_a_text_from_another_system_is_cleaned(text: str, clean: str) -> None:
    """Byte-order marks are removed, and line ends of other systems become Unix ones."""
    assert cleaned(text) == clean
    assert script_of(Form(command=text)).isascii()
