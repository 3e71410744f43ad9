"""The settings of the core, and what a plugin needs to bring settings of its own.

A setting is a field of a frozen dataclass: its environment variable, how it is read, its default
and a sentence. ``Settings`` has those of the core. A plugin with settings of its own derives a
class::

    @dataclass(frozen=True)
    class MySettings(Settings):
        room: str = setting("JARVICE_MY_ROOM", types.text, "attic", "Where jobs run.")

and names it: ``settings_class = MySettings`` in the plugin's class. The plugin then receives one
instance with the core's settings and its own, read and checked.
"""

import os
import pwd
from dataclasses import dataclass

from dssr.settings import types
from dssr.settings.declaration import setting
from dssr.settings.of_plugins import OfPlugins

__all__ = ["Settings", "own_name", "setting", "types"]


@dataclass(frozen=True)
class Settings(OfPlugins):
    """The settings of the core. An instance made without arguments has every default.

    A plugin's class overrides what ``OfPlugins`` has where its own settings need that.
    """

    # what is plugged in
    connector: str = setting(
        "JARVICE_BAREMETAL_CONNECTOR", types.text, "",
        "The connector: `slurm`, `local`, `dummy`, the name of another installed one, a dotted "
        "module, or `package.module:Class`. Without it `slurm` when JARVICE_SLURM_CLUSTER_ADDR is "
        "set, else `local`.")
    executor: str = setting(
        "JARVICE_BAREMETAL_EXECUTOR", types.text, "",
        "The executor: `singularity`, `native`, the name of another installed one, a dotted "
        "module, or `package.module:Class`. Without it `native` on the `local` connector, else "
        "`singularity`.")
    site_profile: str = setting(
        "JARVICE_SITE_PROFILE", types.text, "",
        "The file that `dssr doctor --save` has written: settings of the site, for those that the "
        "environment does not set.")

    # who may call
    port: int = setting(
        "WAITRESS_PORT", types.whole(0, 65535), 5000, "The port to listen on; 0 takes a free one.")
    bind: str = setting(
        "WAITRESS_BIND_ADDRESS", types.address, "",
        "The address to listen on. Without it all addresses when JARVICE_SCHED_SERVER_KEY or "
        "JARVICE_SCHED_TOKENS_FILE is set, else loopback only.")
    server_key: str = setting(
        "JARVICE_SCHED_SERVER_KEY", types.user_and_password, "",
        "`user:password` that a caller may send (HTTP Basic) and do everything with; `/live` needs "
        "none.", secret=True)
    tokens_file: str = setting(
        "JARVICE_SCHED_TOKENS_FILE", types.text, "",
        "The file of API tokens, each with a name and a scope, kept as hashes. `dssr token new` "
        "writes it, and a change takes effect at once.")
    trusted_proxy: str = setting(
        "JARVICE_SCHED_TRUSTED_PROXY", types.ip_address, "",
        "The IP address from which a proxy calls. The last address in its `X-Forwarded-For` is "
        "then the caller's, in the audit log and for limits. No other forwarded header is read.")
    run_open: bool = setting(
        "JARVICE_SCHED_RUN_OPEN", types.flag, False,
        "Set to `true` to listen on an address other than loopback without "
        "JARVICE_SCHED_SERVER_KEY or JARVICE_SCHED_TOKENS_FILE: anyone who reaches it can run "
        "commands as the service user.")
    audit_log: str = setting(
        "JARVICE_SCHED_AUDIT_LOG", types.text, "",
        "The file that gets a line of JSON for each call that changes something or was refused: "
        "who, what, which job, from where, outcome. `-`: stderr. Without it none is written.")
    rate: int = setting(
        "JARVICE_SCHED_RATE", types.whole(0, 1_000_000), 5000,
        "Requests a second that one caller may send; more get 429. 0: no limit.")
    submissions: int = setting(
        "JARVICE_SCHED_SUBMISSIONS", types.whole(0, 1000), 32,
        "Submissions that one caller may have under way at once; more get 429. 0: no limit.")
    connections: int = setting(
        "JARVICE_SCHED_CONNECTIONS", types.whole(1, 10_000), 512,
        "Connections held at once. For one more, the bridge closes the one that has waited "
        "longest, of the address that has the most.")
    request_timeout: float = setting(
        "JARVICE_SCHED_REQUEST_TIMEOUT", types.seconds, 30.0,
        "How long a request may take to arrive as a whole; slower senders are cut off.")
    max_body: int = setting(
        "JARVICE_SCHED_MAX_BODY_MB", types.whole(1, 1024), 16,
        "The largest submission taken, in MB; larger ones get 413, and other calls beyond 64 KB.")
    log_level: int = setting(
        "JARVICE_SCHED_LOGLEVEL", types.log_level, 20,
        "The lowest level that is written: `debug`, `info`, `warning`, `error`, `critical`, or "
        "Python's numbers (10 debug, 20 info, 30 warning).")
    log_format: str = setting(
        "JARVICE_SCHED_LOG_FORMAT", types.choice("plain", "json"), "plain",
        "`plain`, for people; `json`: one JSON object a line, with `time`, `level`, `logger`, "
        "`message`, `request_id`, and `traceback` for a fault.")

    # the portal
    web: bool = setting(
        "JARVICE_WEB", types.flag, False, "Set to `true` for the portal: the bridge in a browser.")
    web_url: str = setting(
        "JARVICE_WEB_URL", types.text, "",
        "The portal's address in users' browsers, where a proxy is in between "
        "(`https://hpc.example.org/bridge`). Without it: the name that a browser calls.")
    web_state: str = setting(
        "JARVICE_WEB_STATE", types.directory, "",
        "A local directory of mode 0700 for the portal's sessions and users' templates. Default "
        "`$HOME/.local/state/dssr/web`.")
    web_templates: str = setting(
        "JARVICE_WEB_TEMPLATES", types.directory, "",
        "The directory of the site's templates: `NAME/template.yaml`, `job.sh` and `files/`.")
    web_return_to: tuple[str, ...] = setting(
        "JARVICE_WEB_RETURN_TO", types.comma_list, (),
        "Sites that may send users to the portal, which then links back to them.")
    web_oidc_client_id: str = setting(
        "JARVICE_WEB_OIDC_CLIENT_ID", types.text, "",
        "For the portal's login by an OpenID Connect provider: what the provider calls the portal. "
        "Needs JARVICE_WEB_URL; `<JARVICE_WEB_URL>/login/callback` is registered there.")
    web_oidc_client_secret: str = setting(
        "JARVICE_WEB_OIDC_CLIENT_SECRET", types.text, "",
        "The secret that the provider has given to the portal.", secret=True)
    web_oidc_issuer: str = setting(
        "JARVICE_WEB_OIDC_ISSUER", types.text, "",
        "The provider's address, exactly as it writes it itself (`issuer` in its "
        "`/.well-known/openid-configuration`). Without it, JARVICE_BEARER_ISSUER.")
    web_oidc_scopes: tuple[str, ...] = setting(
        "JARVICE_WEB_OIDC_SCOPES", types.comma_list, ("openid", "profile", "email"),
        "What the portal asks the provider for. Some need `offline_access` to give a refresh "
        "token. The user is who JARVICE_SLURM_USERNAME_CLAIM says.")
    web_oidc_admins: tuple[str, ...] = setting(
        "JARVICE_WEB_OIDC_ADMINS", types.comma_list, (),
        "The users, as that claim names them, who get the scope `admin`; all others `submit`.")

    # whose job it is
    users: str = setting(
        "JARVICE_SLURM_USERS", types.choice("service", "file", "claim"), "service",
        "Whose jobs they are on the cluster: `service`, all the service user's; `file`, each the "
        "local user's whom the mapping file names for the upstream user; `claim`, each the local "
        "user's whom the bearer itself names.")
    users_mapping_file: str = setting(
        "JARVICE_SLURM_USERS_MAPPING_FILE", types.text, "users_id_mapping_configuration.yaml",
        "The mapping file (`mail`, `mapped_user`, `ssh_private_key_b64`), of mode 600 or 640; a "
        "change takes effect at once.")
    user_keys_dir: str = setting(
        "JARVICE_SLURM_USER_KEYS_DIR", types.text, "",
        "A directory with the private keys of local users: files of mode 600, each named as its "
        "user. Needed for `claim`; for `file` it has the keys that the mapping file lacks.")
    username_claim: str = setting(
        "JARVICE_SLURM_USERNAME_CLAIM", types.text, "",
        "The bearer's claim that names the upstream user. Without it `preferred_username`, and "
        "`email` (only a verified one) where the mapping file is used.")
    bearer_jwks_url: str = setting(
        "JARVICE_BEARER_JWKS_URL", types.text, "",
        "Where the issuer of bearers publishes its keys (`https://.../certs`).")
    bearer_public_key: str = setting(
        "JARVICE_BEARER_PUBLIC_KEY", types.lines, "",
        "Instead of that URL: its public key as PEM, or several.", secret=True)
    bearer_secret: str = setting(
        "JARVICE_BEARER_SECRET", types.lines, "",
        "Instead of either: a secret shared with it, 32 bytes or more.", secret=True)
    bearer_issuer: str = setting(
        "JARVICE_BEARER_ISSUER", types.text, "",
        "The issuer that a bearer must name (`iss`), exactly.")
    bearer_audience: tuple[str, ...] = setting(
        "JARVICE_BEARER_AUDIENCE", types.comma_list, (),
        "The audience that a bearer must be for (`aud`), or several of which one is enough.")

    # how jobs are watched
    state_dir: str = setting(
        "JARVICE_STATE_DIR", types.directory, "",
        "Where the bridge keeps what it must know about its jobs, on the file system that login "
        "and compute nodes share. Not the scratch directory: sites purge that. Default "
        "`$HOME/.jarvice/state`.")
    snapshot_age: float = setting(
        "JARVICE_SNAPSHOT_AGE", types.seconds, 5.0,
        "How old the response to `/running` and `/queued` may be.")
    answer_timeout: float = setting(
        "JARVICE_ANSWER_TIMEOUT", types.seconds, 10.0,
        "The bridge responds to every call within this time, whatever the cluster does.")
    settling_time: float = setting(
        "JARVICE_SETTLING_TIME", types.seconds, 120.0,
        "How long the bridge answers 503 for a job that the cluster has forgotten, without "
        "evidence of its end, before it reports the job as lost (-9).")
    retention: float = setting(
        "JARVICE_RETENTION_TIME", types.seconds, 7 * 86400.0,
        "How long a job's record and the end of its output are kept after `/exitstatus`; four "
        "times as long where no caller asks for it. A job of the API for people is kept so long "
        "after its end, with its output and its own working directory.")
    jobs_domain: str = setting(
        "JARVICE_JOBS_DOMAIN", types.domain, "",
        "The domain below which services and interactive jobs have their host names, where a proxy "
        "leads `*.<domain>` to JARVICE_SERVICES_PORT: `jobs.example.org` is "
        "`https://NAME.jobs.example.org/`; with `http://` before or a port behind, these are "
        "taken. Without it, `http://NAME.localhost:<port>/`.")
    services_port: int = setting(
        "JARVICE_SERVICES_PORT", types.whole(0, 65535), 5010,
        "The port at which all services and interactive jobs are reached, each by its host name; "
        "it is opened when the first one needs it. 0 takes a free one.")
    services_dir: str = setting(
        "JARVICE_SERVICES_DIR", types.text, "",
        "A directory of the bridge's machine, on a local file system, for the sockets of services; "
        "its path is short. Default `/tmp/dssr-<user id>`.")
    jobs_ports: str = setting(
        "JARVICE_JOBS_PORTS", types.ports, "20000-29999",
        "The ports of the nodes that interactive jobs may claim, as `first-last`.")

    # what jobs are given
    scratch_dir: str = setting(
        "JARVICE_JOB_SCRATCH_DIR", types.directory, "",
        "Where jobs' output and working files are; empty: the user's home.",
        older="JARVICE_BAREMETAL_SCRATCH_DIR")
    global_scratch_dir: str = setting(
        "JARVICE_JOB_GLOBAL_SCRATCH_DIR", types.directory, "",
        "A scratch directory that all users share, for images.")
    pvcls_roots: tuple[str, ...] = setting(
        "JARVICE_PVCLS_ROOTS", types.directories, (),
        "The directories on the cluster that `/request/pvcls` may list, and whose files are served "
        "beside those of a job's own directory, with all that is in them; commas between. Default: "
        "the user's home and the scratch directories.")
    global_registries: tuple[str, ...] = setting(
        "JARVICE_JOB_GLOBAL_REGISTRIES", types.comma_list, (),
        "Image prefixes whose images all users may share.")
    overlay_mb: int = setting(
        "JARVICE_SINGULARITY_OVERLAY_SIZE", types.whole(0, 10_000_000), 600,
        "The size of a job's overlay in MB, for each of its nodes; 0: a writable tmpfs instead.")
    verbose: bool = setting(
        "JARVICE_SINGULARITY_VERBOSE", types.flag, False,
        "Whether the executor reports what it does in the job's output.")
    tmpdir: str = setting(
        "JARVICE_SINGULARITY_TMPDIR", types.text, "/tmp",  # noqa: S108
        "Where images are unpacked on a node; needs room for large ones.")
    http_proxy: str = setting(
        "JARVICE_BAREMETAL_HTTP_PROXY", types.text, "",
        "The nodes' HTTP proxy for pulling images; it may hold a password.", secret=True)
    https_proxy: str = setting(
        "JARVICE_BAREMETAL_HTTPS_PROXY", types.text, "",
        "The nodes' HTTPS proxy for pulling images; it may hold a password.", secret=True)
    no_proxy: str = setting(
        "JARVICE_BAREMETAL_NO_PROXY", types.text, "", "Hosts that need no proxy.")
    docker_username: str = setting(
        "JARVICE_DOCKER_USERNAME", types.encoded, "",
        "Base64 of the user name for the system registry.", secret=True)
    docker_password: str = setting(
        "JARVICE_DOCKER_PASSWORD", types.encoded, "",
        "Base64 of the password for the system registry.", secret=True)
    system_registry: str = setting(
        "JARVICE_SYSTEM_REGISTRY", types.text, "", "The registry of the init images.")
    system_repo_base: str = setting(
        "JARVICE_SYSTEM_REPO_BASE", types.text, "", "The init images' place in that registry.")
    images_tag: str = setting(
        "JARVICE_IMAGES_TAG", types.text, "latest", "The init images' tag.")
    local_registry: str = setting(
        "JARVICE_LOCAL_REGISTRY", types.text, "", "A registry that holds copies of all app images.")
    local_repo_base: str = setting(
        "JARVICE_LOCAL_REPO_BASE", types.text, "", "The app images' place in that registry.")
    registry_proxy_port: str = setting(
        "JARVICE_REGISTRY_PROXY_PORT", types.text, "", "The port of a registry proxy on each node.")
    registry_proxy_repos: tuple[str, ...] = setting(
        "JARVICE_REGISTRY_PROXY_REPOS", types.comma_list, (),
        "Image prefixes that go through that proxy.")


def own_name() -> str:
    """The name of the user that this process runs as; '' where the user id has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under any user id
        return ""
