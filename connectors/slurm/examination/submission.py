"""Whether the service user may submit a job, and by which account."""

from shlex import quote

from connectors.shared.checks import failure, ok, with_advice
from connectors.slurm.examination.scheduler import options_of
from connectors.slurm.examination.site import Site
from connectors.slurm.words import cures
from connectors.slurm.words.commands import words_of
from connectors.slurm.words.examination.scheduler import Scheduler
from connectors.slurm.words.refusals import refusal
from dssr.seams import Completed, Finding, Purpose

_SECONDS = 30
_MOST_ACCOUNTS = 5  # that are tried: each try uses up a job id


def submit(site: Site, found: Scheduler) -> Finding:
    """Have sbatch examine a job that does nothing."""
    chosen = site.settings.check_options
    done = _test(site, *chosen)
    if done.returncode == 0:
        return ok(f"sbatch takes a job of {_who(site, found, options_of(chosen))}.")
    said = _said(done)
    finding = failure(
        f"Slurm would refuse a job that does nothing: {refusal('sbatch', said).message}",
        cures.cure(said, site.user),
        cures.OPTIONS,
    )
    if not cures.is_about_the_account(said):
        return finding
    if not found.accounts:
        return failure(finding.detail, _association(site.user, found.usual_account))
    return _with_an_account(site, found, finding)


def _with_an_account(site: Site, found: Scheduler, refused: Finding) -> Finding:
    """The same finding, with an account of the user that sbatch accepts, if there is one."""
    others = [option for option in site.settings.check_options if not option.startswith("account=")]
    for account in found.accounts[:_MOST_ACCOUNTS]:
        options = (*others, f"account={account}")
        if _test(site, *options).returncode == 0:
            cure = (
                f"The account {account} works. Make it the default:\n"
                f"sacctmgr -i modify user {quote(site.user)} set defaultaccount={quote(account)}\n"
                "or have each job name it, and this check too:\n"
                f"#SBATCH --account={account}"
            )
            finding = failure(refused.detail, cure)
            return with_advice(finding, cures.OPTIONS, ",".join(options))
    return refused


def _association(user: str, usual: str) -> str:
    account = quote(usual or "ACCOUNT")
    return (
        f"No account of Slurm has {user}. Have the administrator add them, to the account that "
        "most users have or to another one:\n"
        f"sacctmgr -i add user {quote(user)} account={account} defaultaccount={account}"
    )


def _test(site: Site, *options: str) -> Completed:
    words = ("-J", "dssr-doctor", "-o", "/dev/null", "--wrap=true")
    return site.run(
        *("timeout", str(_SECONDS), "sbatch", "--test-only", *words),
        *(f"--{option}" for option in options),
        timeout=_SECONDS + 5.0,
        purpose=Purpose.STATUS,
    )


def _said(done: Completed) -> str:
    text = (done.stderr + done.stdout).decode("utf-8", "replace").strip()
    return text or words_of(done)


def _limits(found: Scheduler, account: str) -> str:
    """The limits of the account, and of the user in it: `` (MaxJobs=20)``."""
    own = (said for key, said in found.limits.items() if key.partition("/")[0] == account)
    limits = [f"{name}={value}" for said in own for name, value in sorted(said.items())]
    return f" ({', '.join(dict.fromkeys(limits))})" if limits else ""


def _who(site: Site, found: Scheduler, options: dict[str, str]) -> str:
    account = options.get("account", "")
    if account:
        return f"{site.user} under the account {account}"
    known = ", ".join(f"{name}{_limits(found, name)}" for name in found.accounts)
    return f"{site.user}; accounts: {known}" if known else site.user
