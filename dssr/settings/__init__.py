"""Every setting once: its environment variable, how it is read, its default, and a sentence.

``load`` reads them all together and reports every problem at once. Names that begin with ``JARVICE_`` and stand in no table
here are handed to plugins as ``Settings.others``; so are those with ``WAITRESS_``, which nobody reads: to be told.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from dssr.errors import SettingsError
from dssr.settings import types


def _setting(
    name: str, parse: Callable[[str], Any], default: Any, about: str, *, secret: bool = False, older: str = ""
) -> Any:
    table = {"name": name, "parse": parse, "about": about, "secret": secret, "older": older}
    return field(default=default, metadata=table, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """All settings, read and checked. An instance made without arguments has every default."""

    # what is plugged in
    connector: str = _setting(
        "JARVICE_BAREMETAL_CONNECTOR", types.text, "", "The connector: `slurm`, `local`, `dummy`, or a dotted module. "
        "Without it `slurm` when JARVICE_SLURM_CLUSTER_ADDR is set, else `local`.")
    executor: str = _setting(
        "JARVICE_BAREMETAL_EXECUTOR", types.text, "", "The executor: `singularity`, `native`, or a dotted module. Without it "
        "`native` on the `local` connector, else `singularity`.")

    # who may call
    port: int = _setting("WAITRESS_PORT", types.whole(0, 65535), 5000, "The port to listen on; 0 takes a free one.")
    bind: str = _setting(
        "WAITRESS_BIND_ADDRESS", types.address, "", "The address to listen on. Without it all addresses when "
        "JARVICE_SCHED_SERVER_KEY or JARVICE_SCHED_TOKENS_FILE is set, else loopback only.")
    server_key: str = _setting(
        "JARVICE_SCHED_SERVER_KEY", types.user_and_password, "", "`user:password` that a caller may send (HTTP Basic) "
        "and do everything with; `/live` needs none.", secret=True)
    tokens_file: str = _setting(
        "JARVICE_SCHED_TOKENS_FILE", types.text, "", "The file of API tokens, each with a name and a scope, kept as hashes; "
        "`dssr token new` writes it, and a change counts at once.")
    run_open: bool = _setting(
        "JARVICE_SCHED_RUN_OPEN", types.flag, False, "Set to `true` to listen on an address other than loopback without "
        "JARVICE_SCHED_SERVER_KEY or JARVICE_SCHED_TOKENS_FILE: anybody who reaches it can run commands as the service user.")
    audit_log: str = _setting(
        "JARVICE_SCHED_AUDIT_LOG", types.text, "", "The file that gets a line of JSON for each call that changes something or "
        "was refused: who, what, which job, from where, outcome. `-`: stderr. Without it none is written.")
    rate: int = _setting(
        "JARVICE_SCHED_RATE", types.whole(0, 1_000_000), 5000, "Requests a second that one caller may send; more get 429. "
        "0: no limit.")
    submissions: int = _setting(
        "JARVICE_SCHED_SUBMISSIONS", types.whole(0, 1000), 32, "Submissions that one caller may have under way at once; more "
        "get 429. 0: no limit.")
    connections: int = _setting(
        "JARVICE_SCHED_CONNECTIONS", types.whole(1, 10_000), 512, "Connections held at once; for one more, the one that has "
        "waited longest is closed, of the address that has the most.")
    request_timeout: float = _setting(
        "JARVICE_SCHED_REQUEST_TIMEOUT", types.seconds, 30.0, "How long a request may take to arrive as a whole; slower "
        "senders are cut off.")
    max_body: int = _setting(
        "JARVICE_SCHED_MAX_BODY_MB", types.whole(1, 1024), 16, "The largest submission taken, in MB; larger ones get 413, "
        "and other calls beyond 64 KB.")
    log_level: int = _setting(
        "JARVICE_SCHED_LOGLEVEL", types.whole(0, 50), 20, "Python's numbers: 10 debug, 20 info, 30 warning.")

    # whose job it is
    users: str = _setting(
        "JARVICE_SLURM_USERS", types.choice("service", "file", "claim"), "service", "Who jobs belong to on the cluster: "
        "`service`, all to the service user; `file`, each to the local user whom the mapping file names for the upstream user; "
        "`claim`, each to the local user whom the bearer itself names.")
    users_mapping_file: str = _setting(
        "JARVICE_SLURM_USERS_MAPPING_FILE", types.text, "users_id_mapping_configuration.yaml", "The mapping file (`mail`, "
        "`mapped_user`, `ssh_private_key_b64`), of mode 600 or 640; a change counts at once.")
    user_keys_dir: str = _setting(
        "JARVICE_SLURM_USER_KEYS_DIR", types.text, "", "A directory with the private keys of local users: files of mode 600, "
        "named as the user is. Needed for `claim`; for `file` it has the keys that the mapping file has not.")
    username_claim: str = _setting(
        "JARVICE_SLURM_USERNAME_CLAIM", types.text, "", "The bearer's claim that names the upstream user. Without it "
        "`preferred_username`, and `email` (only a verified one) where the mapping file is used.")
    bearer_jwks_url: str = _setting(
        "JARVICE_BEARER_JWKS_URL", types.text, "", "Where the issuer of bearers publishes its keys (`https://.../certs`).")
    bearer_public_key: str = _setting(
        "JARVICE_BEARER_PUBLIC_KEY", types.lines, "", "Instead of that URL: its public key as PEM, or several.", secret=True)
    bearer_secret: str = _setting(
        "JARVICE_BEARER_SECRET", types.lines, "", "Instead of either: a secret shared with it, 32 bytes or more.", secret=True)
    bearer_issuer: str = _setting(
        "JARVICE_BEARER_ISSUER", types.text, "", "The issuer that a bearer must name (`iss`), letter by letter.")
    bearer_audience: tuple[str, ...] = _setting(
        "JARVICE_BEARER_AUDIENCE", types.comma_list, (), "The audience that a bearer must be for (`aud`), or several of which "
        "one is enough.")

    # how jobs are watched
    state_dir: str = _setting(
        "JARVICE_STATE_DIR", types.directory, "", "Where the bridge keeps what it must know about its jobs, on the file system "
        "that login and compute nodes share. Not the scratch directory: sites purge that. Default `$HOME/.jarvice/state`.")
    snapshot_age: float = _setting(
        "JARVICE_SNAPSHOT_AGE", types.seconds, 5.0, "How old the answer to `/running` and `/queued` may be.")
    answer_timeout: float = _setting(
        "JARVICE_ANSWER_TIMEOUT", types.seconds, 10.0, "Every call is answered within this time, whatever the cluster does.")
    settling_time: float = _setting(
        "JARVICE_SETTLING_TIME", types.seconds, 120.0, "How long a job that the cluster has forgotten, with no evidence of "
        "its end, is answered with 503 before it counts as lost (-9).")
    retention: float = _setting(
        "JARVICE_RETENTION_TIME", types.seconds, 7 * 86400.0, "How long a job's record and the end of its output are kept "
        "after `/exitstatus`; four times as long where nobody asks for it.")
    jobs_domain: str = _setting(
        "JARVICE_JOBS_DOMAIN", types.text, "", "The domain under which interactive jobs are reached; without it they are "
        "refused.")

    # the cluster
    cluster_address: str = _setting(
        "JARVICE_SLURM_CLUSTER_ADDR", types.address, "", "The login node's host name or address, with `:port` if wanted; "
        "several with commas between are tried in this order. "
        "`local` when the bridge runs on the login node itself: then no SSH is needed.")
    cluster_port: int = _setting("JARVICE_SLURM_CLUSTER_PORT", types.whole(1, 65535), 22, "Its SSH port.")
    ssh_user: str = _setting("JARVICE_SLURM_SSH_USER", types.text, "", "The service user on the cluster. Without it, "
        "and with JARVICE_SLURM_CLUSTER_ADDR=local, the user that the bridge runs as.")
    ssh_key: str = _setting(
        "JARVICE_SLURM_SSH_PKEY", types.lines, "", "That user's private key (Ed25519 preferred), as it is or as base64.",
        secret=True)
    ssh_key_passphrase: str = _setting(
        "JARVICE_SLURM_SSH_PKEY_PASSPHRASE", types.text, "", "The key's passphrase, if it has one.", secret=True)
    ssh_host_key: str = _setting(
        "JARVICE_SLURM_SSH_HOST_KEY", types.lines, "", "The login node's host key (`ssh-ed25519 AAAA...`) or its fingerprint "
        "(`SHA256:...`), those of several hosts with commas between. Nothing is sent to a host that has another.")
    ssh_known_hosts: str = _setting(
        "JARVICE_SLURM_SSH_KNOWN_HOSTS", types.text, "", "A file of host keys as OpenSSH writes them, in place of "
        "JARVICE_SLURM_SSH_HOST_KEY; read anew when it changes.")
    ssh_host_key_check: str = _setting(
        "JARVICE_SLURM_SSH_HOST_KEY_CHECK", types.choice("pinned", "known_hosts", "first_use"), "", "Which host keys are "
        "trusted: `pinned` (JARVICE_SLURM_SSH_HOST_KEY), `known_hosts` (that file), or `first_use`: a host's first key is "
        "believed and written to that file, later ones must be the same. Without it the first or second, whichever is there.")
    ssh_jump: tuple[str, ...] = _setting(
        "JARVICE_SLURM_SSH_JUMP", types.jumps, (), "Jump hosts on the way to the login nodes: `user@host:port`, a chain with "
        "commas between, the first one first. User and port may be left out (JARVICE_SLURM_SSH_USER, 22); their host keys "
        "must be known too.")
    ssh_jump_key: str = _setting(
        "JARVICE_SLURM_SSH_JUMP_PKEY", types.lines, "", "The private key for all jump hosts, or one for each in their order: "
        "one after the other as they are, or base64 of each with commas between. Without it JARVICE_SLURM_SSH_PKEY.",
        secret=True)
    ssh_jump_key_passphrase: str = _setting(
        "JARVICE_SLURM_SSH_JUMP_PKEY_PASSPHRASE", types.text, "", "The passphrase of those that have one.", secret=True)
    user_connections: int = _setting(
        "JARVICE_SLURM_USER_CONNECTIONS", types.whole(1, 1000), 16, "How many users' SSH connections may be open at once, "
        "where jobs belong to users of the cluster; beside the service user's own.")
    slurm_interface: str = _setting(
        "JARVICE_SLURM_INTERFACE", types.choice("cli", "http"), "cli", "`cli` (sbatch and friends over SSH); `http` "
        "(slurmrestd) is not available yet.")
    slurmrestd_address: str = _setting("JARVICE_SLURMRESTD_ADDR", types.text, "", "slurmrestd's host (for `http`).")
    slurmrestd_port: int = _setting("JARVICE_SLURMRESTD_PORT", types.whole(1, 65535), 6820, "slurmrestd's port (for `http`).")
    slurmrestd_version: str = _setting("JARVICE_SLURMRESTD_API_VERSION", types.text, "", "Its API version (for `http`).")
    sbatch_options: tuple[str, ...] = _setting(
        "JARVICE_SLURM_SBATCH_OPTIONS", types.comma_list, (
            "account", "begin", "chdir", "constraint", "contiguous", "core-spec", "cpus-per-gpu", "cpus-per-task",
            "deadline", "dependency", "distribution", "exclude", "exclusive", "gpu-bind", "gpu-freq", "gpus",
            "gpus-per-node", "gpus-per-task", "gres", "gres-flags", "hint", "hold", "licenses", "mail-type", "mail-user",
            "mem", "mem-bind", "mem-per-cpu", "mem-per-gpu", "mincpus", "network", "nice", "no-requeue", "nodelist",
            "nodes", "ntasks", "ntasks-per-core", "ntasks-per-gpu", "ntasks-per-node", "ntasks-per-socket", "overcommit",
            "oversubscribe", "partition", "prefer", "priority", "qos", "reboot", "requeue", "reservation", "signal",
            "sockets-per-node", "switches", "threads-per-core", "time", "time-min", "tmp", "use-min-nodes",
            "wait-all-nodes", "wckey"),
        "The sbatch options that a job may set with an `sbatch_OPTION` pseudo-device or an `#SBATCH` directive.")

    # what jobs are given
    scratch_dir: str = _setting(
        "JARVICE_JOB_SCRATCH_DIR", types.directory, "", "Where jobs' output and working files lie; empty: the user's home.",
        older="JARVICE_BAREMETAL_SCRATCH_DIR")
    global_scratch_dir: str = _setting(
        "JARVICE_JOB_GLOBAL_SCRATCH_DIR", types.directory, "", "A scratch directory that all users share, for images.")
    pvcls_roots: tuple[str, ...] = _setting(
        "JARVICE_PVCLS_ROOTS", types.directories, (), "The directories on the cluster that `/request/pvcls` may list, with all "
        "that is in them; commas between. Default: the service user's home and the scratch directories.")
    global_registries: tuple[str, ...] = _setting(
        "JARVICE_JOB_GLOBAL_REGISTRIES", types.comma_list, (), "Image prefixes whose images all users may share.")
    overlay_mb: int = _setting(
        "JARVICE_SINGULARITY_OVERLAY_SIZE", types.whole(0, 10_000_000), 600, "The size of a job's overlay in MB, for each of "
        "its nodes; 0: a writable tmpfs instead.")
    verbose: bool = _setting("JARVICE_SINGULARITY_VERBOSE", types.flag, False, "Whether the executor talks while it works.")
    tmpdir: str = _setting(
        "JARVICE_SINGULARITY_TMPDIR", types.text, "/tmp",  # noqa: S108
        "Where images are unpacked on a node; needs room for large ones.")
    http_proxy: str = _setting("JARVICE_BAREMETAL_HTTP_PROXY", types.text, "", "The nodes' HTTP proxy for pulling images.")
    https_proxy: str = _setting("JARVICE_BAREMETAL_HTTPS_PROXY", types.text, "", "The nodes' HTTPS proxy for pulling images.")
    no_proxy: str = _setting("JARVICE_BAREMETAL_NO_PROXY", types.text, "", "Hosts that need no proxy.")
    docker_username: str = _setting(
        "JARVICE_DOCKER_USERNAME", types.encoded, "", "Base64 of the user name for the system registry.", secret=True)
    docker_password: str = _setting(
        "JARVICE_DOCKER_PASSWORD", types.encoded, "", "Base64 of the password for the system registry.", secret=True)
    system_registry: str = _setting("JARVICE_SYSTEM_REGISTRY", types.text, "", "The registry of the init images.")
    system_repo_base: str = _setting("JARVICE_SYSTEM_REPO_BASE", types.text, "", "The init images' place in that registry.")
    images_tag: str = _setting("JARVICE_IMAGES_TAG", types.text, "latest", "The init images' tag.")
    local_registry: str = _setting("JARVICE_LOCAL_REGISTRY", types.text, "", "A registry that holds copies of all app images.")
    local_repo_base: str = _setting("JARVICE_LOCAL_REPO_BASE", types.text, "", "The app images' place in that registry.")
    registry_proxy_port: str = _setting(
        "JARVICE_REGISTRY_PROXY_PORT", types.text, "", "The port of a registry proxy on each node.")
    registry_proxy_repos: tuple[str, ...] = _setting(
        "JARVICE_REGISTRY_PROXY_REPOS", types.comma_list, (), "Image prefixes that go through that proxy.")

    # the embedded default and the dummy
    local_cores: int = _setting(
        "JARVICE_LOCAL_CORES", types.whole(0, 100_000), 0, "Cores that local jobs may use together; 0: all of this machine's.")
    dummy_queued: float = _setting("JARVICE_DUMMY_JOB_QUEUED_TIME", types.seconds, 5.0, "How long a dummy job is queued.")
    dummy_running: float = _setting("JARVICE_DUMMY_JOB_RUNNING_TIME", types.seconds, 10.0, "How long a dummy job runs.")
    dummy_failing: int = _setting(
        "JARVICE_DUMMY_JOB_FAILING_PERCENT", types.whole(0, 100), 50, "How many in a hundred dummy jobs fail.")
    dummy_interactive: bool = _setting(
        "JARVICE_JOBS_ARE_INTERACTIVE", types.flag, False, "Whether dummy jobs are interactive and show a URL.")

    others: Mapping[str, str] = field(default_factory=dict, repr=False)  # JARVICE_ variables of no setting here, for plugins


def table() -> tuple[Field[Any], ...]:
    """The settings' fields in the order of this page; ``metadata`` has name, parse, about, secret and older."""
    return tuple(f for f in fields(Settings) if f.metadata)


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from ``environ``; a secret may come from the file that ``<NAME>_FILE`` names.

    Raises ``SettingsError`` with every variable that cannot be read. What contradicts what is checked by ``check`` in
    ``dssr.settings.validation``, once the connector is known.
    """
    settings, unread = read(environ)
    if unread:
        raise SettingsError(list(unread.values()))
    return settings


def read(environ: Mapping[str, str]) -> tuple[Settings, Mapping[str, str]]:
    """The same, but what cannot be read has its default; and a sentence about each such variable, by its name."""
    values: dict[str, Any] = {}
    unread: dict[str, str] = {}
    known: set[str] = set()
    for f in table():
        name, older = f.metadata["name"], f.metadata["older"]
        known |= {name, older, f"{name}_FILE"}
        try:
            raw = _raw(environ, f)
            if raw is not None and raw != "":
                values[f.name] = f.metadata["parse"](raw)
        except (ValueError, OSError) as error:
            shown = "" if f.metadata["secret"] else f" (it is {environ.get(name, environ.get(older, ''))[:80]!r})"
            unread[name] = f"{name} {error}{shown}."
    values["others"] = {k: v for k, v in environ.items() if k.startswith(("JARVICE_", "WAITRESS_")) and k not in known}
    return Settings(**values), unread


def default_of(f: Field[Any]) -> str:
    """A setting's default as an operator would write it."""
    value = "" if f.default is MISSING else f.default
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _raw(environ: Mapping[str, str], f: Field[Any]) -> str | None:
    name = f.metadata["name"]
    path = environ.get(f"{name}_FILE", "")
    if f.metadata["secret"] and path:
        if environ.get(name):
            raise ValueError(f"is set, and {name}_FILE too: leave one of them out")
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot be read from the file that {name}_FILE names: {error}") from error
    return environ.get(name) or environ.get(f.metadata["older"])
