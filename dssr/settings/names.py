"""Environment variables that look like settings and have no effect: a sentence about each."""

import difflib
from collections.abc import Collection, Iterator, Mapping

_OURS = ("JARVICE_", "WAITRESS_")


def strangers(environ: Mapping[str, str], read: Collection[str]) -> list[str]:
    """The variables that are set, are named as a setting is, and are not among those ``read``."""
    ours = (name for name, value in environ.items() if value and name.startswith(_OURS))
    return sorted(name for name in ours if name not in read)


def of_other_plugins(
    names: Collection[str], others: Mapping[str, Collection[str]], used: str
) -> Iterator[str]:
    """A sentence for each plugin that would read some of the names.

    ``others``: the variables of each plugin that is installed and not in use, by its kind and name
    (``connector 'slurm'``). ``used``: the kinds and names of those in use.
    """
    for plugin, variables in others.items():
        if found := [name for name in names if name in variables]:
            one = len(found) == 1
            yield (
                f"{', '.join(found)} {'has' if one else 'have'} no effect: "
                f"{'it is a setting' if one else 'they are settings'} of the {plugin}, and this "
                f"bridge uses the {used}. Use the other one, or leave {'it' if one else 'them'} "
                "out."
            )


def unknown(names: Collection[str], known: Collection[str]) -> Iterator[str]:
    """A sentence about each name that no plugin reads, with the known one that is most like it."""
    for name in names:
        near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.8)
        hint = f"did you mean {near[0]}?" if near else "it has no effect."
        yield f"{name} is no setting of dssr: {hint}"
