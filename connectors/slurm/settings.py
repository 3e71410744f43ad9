"""The Slurm connector's settings: how it reaches the login nodes, what jobs may ask of sbatch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from connectors.slurm import known_hosts_file, ssh_program
from dssr.settings import Settings, own_name, setting, types
from dssr.settings.types import host_and_port

PARAMIKO, OPENSSH = "paramiko", "openssh"
# fmt: off
OPTIONS = (
    "account", "begin", "chdir", "constraint", "contiguous", "core-spec", "cpus-per-gpu",
    "cpus-per-task", "deadline", "dependency", "distribution", "exclude", "exclusive", "export",
    "gpu-bind",
    "gpu-freq", "gpus", "gpus-per-node", "gpus-per-task", "gres", "gres-flags", "hint", "hold",
    "licenses", "mail-type", "mail-user", "mem", "mem-bind", "mem-per-cpu", "mem-per-gpu",
    "mincpus", "network", "nice", "no-requeue", "nodelist", "nodes", "ntasks", "ntasks-per-core",
    "ntasks-per-gpu", "ntasks-per-node", "ntasks-per-socket", "overcommit", "oversubscribe",
    "partition", "prefer", "priority", "qos", "reboot", "requeue", "reservation", "signal",
    "sockets-per-node", "switches", "threads-per-core", "time", "time-min", "tmp",
    "use-min-nodes", "wait-all-nodes", "wckey",
)


@dataclass(frozen=True)
class SlurmSettings(Settings):
    """The core's, and those of a cluster."""

    cluster_address: str = setting(
        "JARVICE_SLURM_CLUSTER_ADDR", types.address, "",
        "The login node's host name or address, with `:port` if wanted; several with commas "
        "between are tried in this order. `local` when the bridge runs on the login node itself: "
        "then no SSH is needed.")
    cluster_port: int = setting(
        "JARVICE_SLURM_CLUSTER_PORT", types.whole(1, 65535), 22,
        "Its SSH port. With JARVICE_SLURM_SSH_CLIENT=openssh, 22 leaves it to ssh's configuration.")
    ssh_client: str = setting(
        "JARVICE_SLURM_SSH_CLIENT", types.choice(PARAMIKO, OPENSSH), PARAMIKO,
        "What makes the connections: `paramiko`, which is a part of the bridge, or `openssh`, the "
        "`ssh` program, for certificates, GSSAPI and hardware keys. With `openssh`, the ssh "
        "configuration of the bridge's user says what the other settings leave out: user, key, "
        "host keys, jump hosts.")
    ssh_user: str = setting(
        "JARVICE_SLURM_SSH_USER", types.text, "",
        "The service user on the cluster. Without it, and with JARVICE_SLURM_CLUSTER_ADDR=local, "
        "the user that the bridge runs as.")
    ssh_key: str = setting(
        "JARVICE_SLURM_SSH_PKEY", types.lines, "",
        "That user's private key (Ed25519 preferred), as it is or as base64.", secret=True)
    ssh_key_passphrase: str = setting(
        "JARVICE_SLURM_SSH_PKEY_PASSPHRASE", types.text, "",
        "The key's passphrase, if it has one.", secret=True)
    ssh_host_key: str = setting(
        "JARVICE_SLURM_SSH_HOST_KEY", types.lines, "",
        "The login node's host key (`ssh-ed25519 AAAA...`) or its fingerprint (`SHA256:...`), "
        "those of several hosts with commas between. Nothing is sent to a host that has another.")
    ssh_known_hosts: str = setting(
        "JARVICE_SLURM_SSH_KNOWN_HOSTS", types.text, "",
        "A file of host keys as OpenSSH writes them, in place of JARVICE_SLURM_SSH_HOST_KEY; read "
        "again when it changes.")
    ssh_host_key_check: str = setting(
        "JARVICE_SLURM_SSH_HOST_KEY_CHECK", types.choice("pinned", "known_hosts", "first_use"), "",
        "Which host keys are trusted: `pinned` (JARVICE_SLURM_SSH_HOST_KEY), `known_hosts` (that "
        "file), or `first_use`: a host's first key is believed and written to that file, later "
        "ones must be the same. Without it the first or second, whichever is set.")
    ssh_jump: tuple[str, ...] = setting(
        "JARVICE_SLURM_SSH_JUMP", types.jumps, (),
        "Jump hosts on the way to the login nodes: `user@host:port`, a chain with commas between, "
        "the first one first. User and port may be left out (JARVICE_SLURM_SSH_USER, 22; with "
        "`openssh`, as its configuration says); their host keys must be known too.")
    ssh_jump_key: str = setting(
        "JARVICE_SLURM_SSH_JUMP_PKEY", types.lines, "",
        "The private key for all jump hosts, or one for each in their order: one after the other "
        "as they are, or base64 of each with commas between. Without it JARVICE_SLURM_SSH_PKEY.",
        secret=True)
    ssh_jump_key_passphrase: str = setting(
        "JARVICE_SLURM_SSH_JUMP_PKEY_PASSPHRASE", types.text, "",
        "The passphrase of those that have one.", secret=True)
    user_connections: int = setting(
        "JARVICE_SLURM_USER_CONNECTIONS", types.whole(1, 1000), 16,
        "How many users' SSH connections may be open at once, where jobs belong to users of the "
        "cluster; beside the service user's own.")
    slurm_interface: str = setting(
        "JARVICE_SLURM_INTERFACE", types.choice("cli", "http"), "cli",
        "`cli` (sbatch and the other commands over SSH); `http` (slurmrestd) is not available yet.")
    slurmrestd_address: str = setting(
        "JARVICE_SLURMRESTD_ADDR", types.text, "", "slurmrestd's host (for `http`).")
    slurmrestd_port: int = setting(
        "JARVICE_SLURMRESTD_PORT", types.whole(1, 65535), 6820, "slurmrestd's port (for `http`).")
    slurmrestd_version: str = setting(
        "JARVICE_SLURMRESTD_API_VERSION", types.text, "", "Its API version (for `http`).")
    sbatch_options: tuple[str, ...] = setting(
        "JARVICE_SLURM_SBATCH_OPTIONS", types.comma_list, OPTIONS,
        "The sbatch options that a job may set with an `sbatch_OPTION` pseudo-device or an "
        "`#SBATCH` directive.")
    check_options: tuple[str, ...] = setting(
        "JARVICE_SLURM_CHECK_OPTIONS", types.comma_list, (),
        "sbatch options of the job that does nothing, by which `/gc` checks (with `--test-only`) "
        "that jobs can be submitted, where that needs some: `account=NAME,partition=NAME`.")
    # fmt: on

    @property
    def on_login_node(self) -> bool:
        """Whether Slurm's commands run on this machine, without SSH."""
        return self.cluster_address == "local"

    @property
    def uses_openssh(self) -> bool:
        """Whether the ``ssh`` program makes the connections."""
        return self.ssh_client == OPENSSH and not self.on_login_node

    @property
    def jobs_run_as_bridge(self) -> bool:
        """See ``Settings``: without SSH there is one user."""
        return self.on_login_node

    @property
    def service_user(self) -> str:
        """See ``Settings``."""
        return self.ssh_user

    @property
    def trusted_host_keys(self) -> str:
        """See ``Settings``."""
        if self.on_login_node:
            return ""
        if self.ssh_host_key_check == "first_use":
            return f"whatever a host presents first, then those in {self.ssh_known_hosts}"
        if self.ssh_known_hosts:
            return f"those in {self.ssh_known_hosts}"
        if self.ssh_host_key:
            return "those in JARVICE_SLURM_SSH_HOST_KEY"
        if self.uses_openssh:
            return "those in the files of known hosts that ssh reads"
        return "NONE, so nothing is sent to any host (JARVICE_SLURM_SSH_HOST_KEY is not set)"

    @property
    def host_keys_learnt_in(self) -> str:
        """See ``Settings``."""
        return self.ssh_known_hosts if self.ssh_host_key_check == "first_use" else ""

    def completed(self) -> Self:
        """See ``Settings``: on the login node itself, the service user is the bridge's own. ssh's
        configuration may know who logs in at the first login node."""
        if self.on_login_node and not self.ssh_user:
            return replace(self, ssh_user=own_name())
        if self.uses_openssh and not self.ssh_user:
            first = self.cluster_address.split(",")[0]
            return replace(self, ssh_user=ssh_program.login_name(first))
        return self

    def problems(self) -> Iterator[str]:
        """See ``Settings``."""
        yield from self._login_problems()
        if self.on_login_node:
            yield from self._login_node_problems()
        yield from self._host_key_problems()

    def unusable_files(self) -> Iterator[str]:
        """See ``Settings``: the file of known hosts, and the ``ssh`` program."""
        if self.uses_openssh:
            yield from ssh_program.missing()
        if not self.ssh_known_hosts or self.on_login_node:
            return
        if self.host_keys_learnt_in:
            yield from known_hosts_file.unusable_for_learning(self.ssh_known_hosts)
        else:
            yield from known_hosts_file.unusable(self.ssh_known_hosts)

    def warnings(self) -> Iterator[str]:
        """See ``Settings``."""
        if self.ssh_client == OPENSSH and self.on_login_node:
            yield (
                "JARVICE_SLURM_SSH_CLIENT is 'openssh', which has no effect with "
                "JARVICE_SLURM_CLUSTER_ADDR=local: nothing goes over SSH."
            )
        if unusual := [option for option in self.sbatch_options if option not in OPTIONS]:
            yield (
                f"JARVICE_SLURM_SBATCH_OPTIONS allows {', '.join(unusual)}, which the default does "
                "not: it is unknown whether a job can get round the bridge with that. Leave out "
                "what you do not know from sbatch(1)."
            )

    def summary(self) -> Iterator[tuple[str, str]]:
        """See ``Settings``."""
        yield "cluster", self._who_logs_in_where()
        if not self.on_login_node:
            if self.uses_openssh:
                yield "SSH client", "OpenSSH's program, with the configuration of the bridge's user"
            missing = "as ssh's configuration says" if self.uses_openssh else "not set"
            yield "SSH key", "set" if self.ssh_key else missing
            yield "host keys", self.trusted_host_keys

    def _login_problems(self) -> Iterator[str]:
        if not self.cluster_address:
            yield (
                "JARVICE_SLURM_CLUSTER_ADDR is not set: the slurm connector needs the login node's "
                "host name or address."
            )
        if "local" in self.cluster_address.split(",") and not self.on_login_node:
            yield (
                f"JARVICE_SLURM_CLUSTER_ADDR is {self.cluster_address!r}: 'local' (this machine, "
                "without SSH) must be alone. Name this machine's host name among the others, or "
                "leave the others out."
            )
        if not self.ssh_user:
            yield (
                "JARVICE_SLURM_SSH_USER is not set: the slurm connector needs the service user's "
                "name on the cluster."
            )
        if not self.ssh_key and not self.on_login_node and not self.uses_openssh:
            yield (
                "JARVICE_SLURM_SSH_PKEY is not set: the slurm connector needs the service user's "
                "private key, as it is or as base64 (or JARVICE_SLURM_SSH_PKEY_FILE, the file that "
                "holds it)."
            )
        if self.ssh_jump_key and not self.ssh_jump:
            yield (
                "JARVICE_SLURM_SSH_JUMP_PKEY is set and JARVICE_SLURM_SSH_JUMP is not: set both, "
                "or neither."
            )
        if self.slurm_interface == "http":
            yield (
                "JARVICE_SLURM_INTERFACE is 'http', which this version does not offer: set it to "
                "'cli' or leave it out."
            )

    def _login_node_problems(self) -> Iterator[str]:
        if self.ssh_user and own_name() not in ("", self.ssh_user):
            yield (
                f"JARVICE_SLURM_SSH_USER is {self.ssh_user!r}, but with "
                "JARVICE_SLURM_CLUSTER_ADDR=local jobs are those of the bridge's own user, "
                f"{own_name()!r}: leave it out, or start the bridge as that user."
            )
        if self.ssh_jump:
            yield (
                "JARVICE_SLURM_SSH_JUMP is set, but with JARVICE_SLURM_CLUSTER_ADDR=local nothing "
                "goes over SSH: leave one of them out."
            )
        if self.users != "service":
            yield (
                f"JARVICE_SLURM_USERS is {self.users!r}, but with JARVICE_SLURM_CLUSTER_ADDR=local "
                "there is no login and all jobs are the bridge's own user's: set the login node's "
                "address, or JARVICE_SLURM_USERS=service."
            )

    def _host_key_problems(self) -> Iterator[str]:
        file, check = self.ssh_known_hosts, self.ssh_host_key_check
        if self.uses_openssh and "SHA256:" in self.ssh_host_key:
            yield (
                "JARVICE_SLURM_SSH_HOST_KEY holds a fingerprint, and with "
                "JARVICE_SLURM_SSH_CLIENT=openssh it must hold whole keys: set it to "
                "'ssh-ed25519 AAAA...' (`ssh-keyscan` prints it), or leave it out."
            )
        if file and self.ssh_host_key and check != "pinned":
            yield (
                "JARVICE_SLURM_SSH_HOST_KEY and JARVICE_SLURM_SSH_KNOWN_HOSTS are both set, and "
                "only one of them is looked at: leave the other out."
            )
        if file and check == "pinned":
            yield (
                "JARVICE_SLURM_SSH_KNOWN_HOSTS is set, but JARVICE_SLURM_SSH_HOST_KEY_CHECK is "
                "'pinned', which does not look at it: leave one of them out."
            )
        if check in ("known_hosts", "first_use") and not file:
            yield (
                f"JARVICE_SLURM_SSH_HOST_KEY_CHECK is {check!r} and JARVICE_SLURM_SSH_KNOWN_HOSTS "
                "is not set: set it to the file of host keys."
            )

    def _who_logs_in_where(self) -> str:
        if self.on_login_node:
            return f"{self.ssh_user} on this machine, without SSH"
        addresses = self.cluster_address.split(",")
        if not any(host_and_port(address)[1] for address in addresses):
            return f"{self.ssh_user} at {', '.join(addresses)}, port {self.cluster_port}"
        each = (
            address if host_and_port(address)[1] else f"{address} (port {self.cluster_port})"
            for address in addresses
        )
        return f"{self.ssh_user} at {', '.join(each)}"
