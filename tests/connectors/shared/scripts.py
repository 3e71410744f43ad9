"""Batch scripts in every form that people write, and what sbatch does with each.

The tests of the reader run over them, and so do those that ask the real sbatch.
"""

from dataclasses import dataclass

HEAD = "#!/bin/sh\n"


@dataclass(frozen=True)
class Accepted:
    """A script that sbatch accepts: the options that it then has, as words."""

    script: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A script that the bridge refuses, with this in its sentence. ``by_sbatch``: sbatch refuses it
    too; otherwise sbatch would run it as the bridge cannot."""

    script: str
    sentence: str
    by_sbatch: bool = True


def directive(text: str, *options: str) -> Accepted:
    """A script with this behind ``#SBATCH``."""
    return Accepted(f"{HEAD}#SBATCH {text}\n", options)


FIVE = "--time=5"
ACCEPTED = [
    directive('--time="00:05:00"', "--time=00:05:00"),
    directive("-t '5'", FIVE),
    directive("--ntasks=1  # see the -t option, too", "--ntasks=1"),
    directive("--time=5  # was -t 0:02 before", FIVE),
    directive("-t 5 # don't", FIVE),
    directive("--comment=a#b -t 5", "--comment=a"),
    directive("--comment='a#b' -t 5", "--comment=a#b", FIVE),
    directive("--comment=a\\#b -t 5", "--comment=a#b", FIVE),
    directive("--comment='a\\b'", "--comment=ab"),
    directive('--comment="a\\"b\\\\c"', '--comment=a"b\\c'),
    directive("--comment='a\\'b'", "--comment=a'b"),
    directive("--comment='a b' -t 5", "--comment=a b", FIVE),
    directive("--comm'ent'=a'b c'd", "--comment=ab cd"),
    directive("--comment=a\\\n#SBATCH -t 5", "--comment=a", FIVE),
    directive('"" -t 5'),
    directive('--comment="" -t 5', "--comment=", FIVE),
    directive("--comment=$(x)`y`$HOME -t 5", "--comment=$(x)`y`$HOME", FIVE),
    directive("--comment=äöü€ -t 5", "--comment=äöü€", FIVE),
    directive("-t 5 -n 2 --nodes 1 -c1", FIVE, "--ntasks=2", "--nodes=1", "--cpus-per-task=1"),
    directive("-OsN2", "--overcommit", "--oversubscribe", "--nodes=2"),
    directive("--tasks-per-n=1 --cpus-per-t=1", "--ntasks-per-node=1", "--cpus-per-task=1"),
    directive("-t 5 --", FIVE),
    directive("-t 5\n#SBATCH -t 6", FIVE, "--time=6"),
    directive("--time\n#SBATCH 5", FIVE),
    directive("-Q -t 5", "--quiet", FIVE),
    directive("-koff", "--no-kill=off"),
    directive("--help -V -t 5", "--help", "--version", FIVE),
    directive("-n 1 " * 3000 + "-t 5", *["--ntasks=1"] * 3000, FIVE),
    Accepted(f"{HEAD}#SBATCH--time=5\n", (FIVE,)),
    Accepted(f"{HEAD}#SBATCH\t-t\t5\n", (FIVE,)),
    Accepted(f"{HEAD}#SBATCH\v-t\f5\n", (FIVE,)),
    Accepted(f"{HEAD}#SLURM -t 5\n", (FIVE,)),
    Accepted(f"{HEAD}\n   \n\t# text\n#SBATCH -t 5\n", (FIVE,)),
    Accepted(f"{HEAD}##SBATCH -t 5\n# SBATCH -t 5\n#sbatch -t 5\n #SBATCH -t 5\n#MSUB -t 5\n"),
    Accepted(f"{HEAD}echo\n#SBATCH -t 5\n"),
    Accepted(f"{HEAD}: x\n#SBATCH hetjob\n"),
    Accepted("#! /bin/sh\n#SBATCH -t 5\n", (FIVE,)),
    Accepted("#!\n#SBATCH -t 5\n", (FIVE,)),
    Accepted("#!/bin/sh"),
    Accepted(f"{HEAD}printf 'a\rb'\n"),
    Accepted(
        f"{HEAD}#SBATCH --ignore-pbs -t 7\n#PBS -l walltime=5\n", ("--ignore-pbs", "--time=7")
    ),
    Accepted(f"{HEAD}#PBS\n #PBS -l walltime=5\n##PBS -l walltime=5\n#QSUB -t 5\n"),
]
NO_FIRST_LINE = "does not begin with #!"
REFUSED = [
    Refused("\ufeff#!/bin/bash\n#SBATCH --time=5\n", "Line 1 .*byte-order mark"),
    Refused("\n#!/bin/bash\n#SBATCH --time=5\n", f"Line 2 .*{NO_FIRST_LINE}"),
    Refused("  #!/bin/bash\n  #SBATCH --time=5\n", f"Line 1 .*{NO_FIRST_LINE}"),
    Refused("\t#!/bin/bash\necho\n", f"Line 1 .*{NO_FIRST_LINE}"),
    Refused("# a comment\n#!/bin/bash\necho\n", f"Line 2 .*{NO_FIRST_LINE}"),
    Refused("#SBATCH -t 5\necho\n", f"Line 1 .*{NO_FIRST_LINE}"),
    Refused("echo\n#SBATCH -t 5\n", f"Line 2 .*{NO_FIRST_LINE}"),
    Refused("#!/bin/sh\r\n#SBATCH -t 5\r\necho\r\n", r"Line 1 .*DOS line breaks.*sed -i"),
    Refused("#!/usr/bin/env python3\r\nprint()\r\n", r"Line 1 .*DOS line breaks.*sed -i"),
    Refused(f"{HEAD}echo\necho\r\necho\n", r"Line 3 .*DOS line breaks.*sed -i"),
    Refused("#!/bin/sh\r#SBATCH -t 5\recho\r", "Line 1 .*line breaks.*sed -i", by_sbatch=False),
    Refused("echo a\recho b\r", "Line 1 .*line breaks.*sed -i"),
    Refused(f"{HEAD}# a comment\recho\r", "Line 2 .*line breaks", by_sbatch=False),
    Refused(f"{HEAD}#SBATCH -t 5\recho\n", "Line 2 .*line breaks.*sed -i"),
    Refused(f"{HEAD}echo \0\n", "Line 2 .*NUL"),
    Refused("", "is empty"),
    Refused(" \n\t\n", "is empty"),
    Refused(f"{HEAD}#SBATCH --comment='a\n", "Line 2 .*quote ' is not closed"),
    Refused(f'{HEAD}#\n#SBATCH --comment=it"s\n', 'Line 3 .*quote " is not closed'),
    Refused(f"{HEAD}#SBATCH --comment \"\" -t 5\n", "Line 2 .*lacks its value"),
    Refused(f"{HEAD}#SBATCH -t 5 : -n 2\n", "Line 2 .*begin with ':'"),
    Refused(f"{HEAD}#SBATCHtime=5\n", "Line 2 .*'time=5'"),
    Refused(f"{HEAD}#SBATCH\u00a0-t 5\n", "Line 2 .*no option"),
    Refused(f"{HEAD}#SBATCH foo -t 5\n", "Line 2 .*'foo'"),
    Refused(f"{HEAD}#SBATCH --nosuch=1\n", "--nosuch .*line 2"),
    Refused(f"{HEAD}#SBATCH --share\n", "--share .*line 2"),
    Refused(f"{HEAD}#SBATCH --mem-per=10\n", "--mem-per .*line 2.*--mem-per-cpu"),
    Refused(f"{HEAD}#SBATCH --hold=yes\n", "Line 2 .*takes no value"),
    Refused(f"{HEAD}#SBATCH --time\n", "Line 2 .*lacks its value"),
    Refused(f"{HEAD}#SBATCH -n1\n#SBATCH hetjob\n", "Line 3 .*one job each", by_sbatch=False),
    Refused(f"{HEAD}#SBATCH -n 1 packjob\n", "Line 2 .*submit one job each", by_sbatch=False),
    Refused(f"{HEAD}#PBS -l walltime=5\n", "Line 2 .*#SBATCH --ignore-pbs", by_sbatch=False),
    Refused(f"{HEAD}echo\n#PBS -N name\n", "Line 3 .*#SBATCH --ignore-pbs", by_sbatch=False),
    Refused(f"{HEAD}#BSUB -W 5\n", "Line 2 .*#SBATCH --ignore-pbs", by_sbatch=False),
]  # fmt: skip
