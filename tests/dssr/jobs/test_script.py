"""Scripts are read as they are meant."""

import pytest

from dssr.errors import BadRequest, TooLarge
from dssr.jobs.script import LONGEST, name_in, normalised


@pytest.mark.parametrize(
    "sent",
    [
        "#!/bin/bash\necho hi\n",
        "#!/bin/bash\r\necho hi\r\n",
        "\ufeff#!/bin/bash\necho hi\n",
        "\ufeff\r\n#!/bin/bash\r\necho hi",
        "#!/bin/bash\necho hi",
        "echo hi",
        "echo hi\r\n",
    ],
)
def test_what_editors_do_to_a_script_is_undone(sent: str) -> None:
    """CR LF, a byte-order mark, empty lines in front, a missing newline at the end and a missing
    interpreter do not change what runs."""
    assert normalised(sent) == "#!/bin/bash\necho hi\n"


def test_another_interpreter_stays() -> None:
    """A script names its own interpreter."""
    assert normalised("#!/usr/bin/env python3\r\nprint(1)") == "#!/usr/bin/env python3\nprint(1)\n"


@pytest.mark.parametrize(
    ("sent", "words"),
    [(" \r\n", "is empty"), ("echo \0", "NUL")],
)
def test_what_no_shell_can_run_is_refused(sent: str, words: str) -> None:
    """The error says what is wrong with the script."""
    with pytest.raises(BadRequest, match=words):
        normalised(sent)


def test_a_script_that_is_too_large() -> None:
    """A script above the limit is ``TooLarge``, which says how large one may be."""
    with pytest.raises(TooLarge, match="larger than the 4 MB"):
        normalised("x" * LONGEST)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("#SBATCH --job-name=relax\n", "relax"),
        ("#SBATCH -N 1 --job-name relax\n", "relax"),
        ("#SBATCH -J a\n# more\n\n#SBATCH -J'b'\n", "b"),
        ("#SBATCH --job-name=a/b\n", ""),
        ("##SBATCH --job-name=a\n", ""),
        ("hostname\n#SBATCH --job-name=late\n", ""),
    ],
)
def test_the_name_in_the_directives(lines: str, name: str) -> None:
    """The name is that of the last directive before the first command, if a job can have it."""
    assert name_in(f"#!/bin/bash\n{lines}hostname\n") == name
