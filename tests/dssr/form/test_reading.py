"""A script that is read back into the form."""

import pytest
from hypothesis import given

from connectors.shared.directives import read
from dssr.errors import BadRequest
from dssr.form.fields import Form
from dssr.form.reading import form_of
from dssr.form.writing import script_of
from tests.dssr.form.forms import FORMS


@given(FORMS)
def test_a_forms_script_is_read_back(form: Form) -> None:
    """The script of a form gives the same script when it is read back and written again."""
    script = script_of(form)
    assert script_of(form_of(script)) == script


def test_the_fields_of_a_users_script() -> None:
    """Usual directives become fields, others stay options, and the rest is the command."""
    form = form_of(
        "#!/bin/bash\n"
        "# relaxes water\n"
        "#SBATCH -J water\n"
        "#SBATCH -N 2\n"
        "#SBATCH --time 5\n"
        "#SBATCH -t10\n"
        "#SBATCH --exclusive\n"
        "\n"
        "module load gcc/13.2\n"
        "export TITLE='two words'\n"
        "export HERE=$PWD\n"
        "srun ./relax\n"
    )
    assert form == Form(
        command="# relaxes water\nexport HERE=$PWD\nsrun ./relax",
        name="water",
        nodes="2",
        walltime="10",
        modules=("gcc/13.2",),
        environment=(("TITLE", "two words"),),
        options=(("exclusive", None),),
    )


def test_an_interpreter_stays() -> None:
    """A script in another language keeps its first line."""
    assert form_of("#!/usr/bin/python3\nprint(1)\n").command == "#!/usr/bin/python3\nprint(1)"
    assert form_of("#!/bin/bash\ntrue\n").command == "true"


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("#!/bin/sh\n#SBATCH -N 2 -t 5\ntrue\n", "line 2, '#SBATCH -N 2 -t 5'"),
        ("#!/bin/sh\n#SBATCH --time=5 # minutes\ntrue\n", "line 2"),
        ("#!/bin/sh\n\n#SBATCH hetjob\ntrue\n", "line 3"),
        ("#!/bin/sh\n#SLURM --time=5\ntrue\n", "line 2"),
        ("#!/bin/sh\n#SBATCH --time\n#SBATCH --hold\ntrue\n", "at its options"),
        ("#!/bin/sh\n#SBATCH --nodes=2-4\ntrue\n", "at its nodes"),
        ("#!/bin/bash\n#SBATCH --time=5\n", "at its command"),
    ],
)
def test_a_script_that_says_more_than_the_form(script: str, sentence: str) -> None:
    """A script that no form can hold is refused with the line or the field, and stays a text."""
    with pytest.raises(BadRequest, match=sentence):
        form_of(script)


@pytest.mark.parametrize(
    "script",
    [
        "#!/bin/sh\n#SBATCH -t 5\n#SBATCH -n4\nmake\n#SBATCH --time=7\n",
        "#!/bin/bash\n#SBATCH --time=1\n#SBATCH --time=2\n#SBATCH --nice\n#SBATCH --nice=3\ntrue\n",
        '#!/bin/bash\n#SBATCH --comment="a \\" b"\n# x\n#SBATCH --licenses=a:1,b:2\ntrue\n',
    ],
)
def test_the_options_stay_the_same(script: str) -> None:
    """sbatch reads the same options in the user's script and in that of the form."""
    before = {option.name: option.value for option in read(script)}
    after = {option.name: option.value for option in read(script_of(form_of(script)))}
    assert after == before
