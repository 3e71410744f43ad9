"""Records what a terminal shows during real commands, and draws it as a picture of the handbook:
``python -m tests.docs.recording`` makes all recordings anew."""

import io
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.docs.markdown import PAGES, ROOT, handbook
from tests.dssr.cli.running import Terminal, home_of

COLUMNS = 80
RECORDINGS = Path(__file__).parent / "recordings"
PICTURES = PAGES / "assets"
# Each recording: the page whose console lines it shows, and the section.
ALL = {"first-job": ("first-job", "On this machine")}
# rich's own format, without its fonts, which it loads from another host.
_PICTURE = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
{styles}
.{unique_id}-matrix, .{unique_id}-title {{ font-family: ui-monospace, Menlo, Consolas, monospace; }}
.{unique_id}-matrix {{ font-size: {char_height}px; line-height: {line_height}px; }}
</style>
<defs>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
_SHOW = 'show() {{ printf "$ %s\\n" "$1"; eval "$1"; }}\n{lines}'


def record(name: str, environ: Mapping[str, str]) -> str:
    """What a terminal shows while a user with that environment runs the section's commands."""
    page, section = ALL[name]
    commands = re.findall(r"^\$ (.*)$", handbook(page).section(section), re.MULTILINE)
    setup = [line for line in commands if line.startswith("export")]
    shown = "\n".join(f"show {_quoted(line)}" for line in commands if line not in setup)
    script = _SHOW.format(lines=shown)
    paths = f"{ROOT / '.venv/bin'}:{environ['PATH']}"
    program = ("/bin/bash", "-c", script)
    terminal = Terminal({**environ, "PATH": paths}, columns=COLUMNS, program=program)
    assert terminal.end() == 0, terminal.shown
    return _settled(terminal.shown)


def normal(recording: str) -> str:
    """The recording without what differs between two runs: colours, numbers, the host, widths."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", recording)
    text = re.sub(r"Hello from .*", "Hello from HOST", text)
    return re.sub(r" +", " ", re.sub(r"\d+(m\d+)?s?", "0", text))


def picture(name: str, recording: str) -> str:
    """The recording as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(recording.rstrip("\n")))
    drawn = console.export_svg(title="dssr", code_format=_PICTURE, unique_id=name)
    return re.sub(r"#([0-9a-fA-F]{6})", _as_rgb, drawn)  # with #, some look like issues' numbers


def _as_rgb(colour: re.Match[str]) -> str:
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1]))


def _settled(shown: str) -> str:
    """What stays on the screen: a line that is shown in place of another one replaces it."""
    lines = shown.replace("\r\n", "\n").split("\n")
    return "\n".join(re.split(r"\r|\x1b\[K", line)[-1].rstrip() for line in lines)


def _quoted(line: str) -> str:
    return "'" + line.replace("'", "'\\''") + "'"


def main() -> None:
    """Make all recordings and pictures anew."""
    for name in ALL:
        with tempfile.TemporaryDirectory() as home:
            recording = record(name, home_of(Path(home)))
        (RECORDINGS / f"{name}.txt").write_text(recording, encoding="utf-8")
        (PICTURES / f"{name}.svg").write_text(picture(name, recording), encoding="utf-8")
        sys.stdout.write(recording)


if __name__ == "__main__":
    main()
