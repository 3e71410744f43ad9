"""Settings that are accepted and hardly meant: what is ignored, and what is not safe. A sentence each."""

import difflib
import os
from collections.abc import Callable, Iterator

from dssr.settings import Settings, default_of, table
from dssr.settings.validation import (
    on_loopback,
    own_name,
    runs_on_login_node,
    uses_slurm,
    verifies_bearers,
)

_SHORT = 12  # characters
_ROOT = 0


def doubts(settings: Settings) -> Iterator[str]:
    """All that is doubtful about settings that have been checked."""
    for doubt in _DOUBTS:
        yield from doubt(settings)


def runs_locally(settings: Settings) -> bool:
    """Whether jobs are processes of this machine, started by the bridge itself."""
    return settings.connector in ("local", "connectors.local.connector")


def own_user() -> str:
    """The name of the user that this process runs as, or his number where he has no name."""
    return own_name() or f"user id {os.getuid()}"


def believes_widely(s: Settings) -> Iterator[str]:
    """Checks of bearers that are left out while bearers decide whose a job is."""
    unset = [name for name, value in (("JARVICE_BEARER_ISSUER", s.bearer_issuer),
                                      ("JARVICE_BEARER_AUDIENCE", s.bearer_audience)) if not value]  # fmt: skip
    if s.users != "service" and unset:
        yield (f"{' and '.join(unset)} NOT SET: a token that the same keys signed for something else (another application, "
               "another realm) lets its holder submit here as its user. Set them to what the issuer puts in.")  # fmt: skip


def unknown(s: Settings) -> Iterator[str]:
    """Variables that are no settings, each with the one that was probably meant."""
    names = [name for f in table() for name in (f.metadata["name"], f.metadata["older"]) if name]
    for name in sorted(s.others):
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
        hint = f"did you mean {near[0]}?" if near else "it is ignored, unless a plugin reads it."
        yield f"{name} is no setting of dssr: {hint}"


def _without_effect(s: Settings) -> Iterator[str]:
    default = Settings()
    changed = {"JARVICE_SLURM_USERS_MAPPING_FILE": s.users_mapping_file != default.users_mapping_file,
               "JARVICE_SLURM_USER_KEYS_DIR": bool(s.user_keys_dir)}  # fmt: skip
    named = " and ".join(name for name, is_set in changed.items() if is_set)
    if named and s.users == "service":
        yield (f"{named} {_has(named)} no effect, and all jobs are one user's, because JARVICE_SLURM_USERS is 'service': set "
               "that to 'file' or 'claim', or leave the other out.")  # fmt: skip
    given = {"JARVICE_BEARER_ISSUER": s.bearer_issuer, "JARVICE_BEARER_AUDIENCE": s.bearer_audience}
    named = " and ".join(name for name, value in given.items() if value)
    if named and not verifies_bearers(s):
        yield (f"{named} {_has(named)} no effect, and bearers are not looked at, because no key verifies them: set one of "
               "JARVICE_BEARER_JWKS_URL, JARVICE_BEARER_PUBLIC_KEY or JARVICE_BEARER_SECRET.")  # fmt: skip
    if s.cluster_address and s.connector in ("local", "dummy"):
        yield (f"JARVICE_SLURM_CLUSTER_ADDR has no effect, and jobs do not go to that cluster, because "
               f"JARVICE_BAREMETAL_CONNECTOR is {s.connector!r}: leave one of them out.")  # fmt: skip


def _has(names: str) -> str:
    return "have" if " and " in names else "has"


def _state_is_scratch(s: Settings) -> Iterator[str]:
    if s.state_dir and s.scratch_dir and s.state_dir.startswith(s.scratch_dir):
        yield (f"JARVICE_STATE_DIR ({s.state_dir}) lies in the scratch directory ({s.scratch_dir}), where sites delete old "
               "files: the bridge would forget its jobs. Set it to another directory.")  # fmt: skip


def _unusual_options(s: Settings) -> Iterator[str]:
    (field,) = (f for f in table() if f.name == "sbatch_options")
    unusual = [option for option in s.sbatch_options if option not in default_of(field).split(",")]
    if unusual and uses_slurm(s):
        yield (f"JARVICE_SLURM_SBATCH_OPTIONS allows {', '.join(unusual)}, which the default does not: nobody has looked "
               "whether a job can get round the bridge with that. Leave out what you do not know from sbatch(1).")  # fmt: skip


def _short_password(s: Settings) -> Iterator[str]:
    password = s.server_key.partition(":")[2]
    if password and len(password) < _SHORT and not on_loopback(s):
        yield (f"The password in JARVICE_SCHED_SERVER_KEY has less than {_SHORT} characters, and others can reach the bridge "
               "and try: take a longer one (openssl rand -base64 24).")  # fmt: skip


def _root(s: Settings) -> Iterator[str]:
    if os.geteuid() == _ROOT and (runs_locally(s) or (uses_slurm(s) and runs_on_login_node(s))):
        yield "THE BRIDGE RUNS AS ROOT, and so do all its jobs: start it as a user who has no more rights than jobs need."


_DOUBTS: tuple[Callable[[Settings], Iterator[str]], ...] = (
    believes_widely, unknown, _without_effect, _state_is_scratch, _unusual_options, _short_password, _root,
)  # fmt: skip
