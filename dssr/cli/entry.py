"""Where the ``dssr`` program begins: Ctrl-C while it is loaded is quiet."""

from dssr.cli.quitting import set_up


def main() -> int:
    """Run one command and return its exit code."""
    set_up()
    from dssr.cli.main import main as run  # noqa: PLC0415 - most of the start-up

    return run()
