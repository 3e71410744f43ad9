"""The remote shell's helper and what replaces it, in a real shell."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from connectors.slurm.shell import programs
from connectors.transports.framing import command

# As after an intent was made, where sbatch is the real one.
HELPED = "dssr_sbatch_is_script=; make_link x link || exit"


def shell(
    prelude: str, *lines: str, home: Path, path: str = ""
) -> subprocess.CompletedProcess[str]:
    """A shell that has read the prelude and then runs the lines in a subshell, with submit's
    functions."""
    submit = programs.text("submit").rpartition('main "$@"')[0]
    body = "\n".join(lines)
    program = f'begin "$1" ""\n{submit}\n{body}'
    names = ["", "token", "name", "1", "place"]
    argv = ["/bin/sh", "-c", program, "dssr", f"{home}/state/", *names, f"{home}/", *[""] * 11]
    text = f"{prelude}\n{command(argv, None, 'mark')}"
    environment = {"HOME": str(home), "PATH": path or os.environ["PATH"]}
    return subprocess.run(
        ["/bin/sh"],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        cwd=home,
    )


@pytest.fixture(params=["helper", "processes"])
def prelude(request: pytest.FixtureRequest) -> str:
    """With the helper, and as where there is no Perl."""
    return programs.shell_prelude() if request.param == "helper" else programs.prelude()


def test_only_one_can_make_a_link(prelude: str, tmp_path: Path) -> None:
    """Of two attempts only the first makes a link; the second fails and changes nothing, also when
    the link leads to a directory."""
    (tmp_path / "there").mkdir()
    done = shell(
        prelude,
        f'make_link there "{tmp_path}/link"; echo $?',
        f'make_link other "{tmp_path}/link"; echo $?',
        home=tmp_path,
    )
    assert done.stdout == "0\n1\n"
    assert os.readlink(tmp_path / "link") == "there"
    assert list((tmp_path / "there").iterdir()) == []


def test_the_directories_before_a_link(prelude: str, tmp_path: Path) -> None:
    """All missing directories before a link are made, for the owner alone; where one cannot be made
    there is no link."""
    (tmp_path / "file").touch()
    done = shell(
        prelude,
        f'make_link x "{tmp_path}/a b/link" "{tmp_path}/a b" "{tmp_path}/a b/c/d" "{tmp_path}/e/"; '
        f"echo $?",
        f'make_link x "{tmp_path}/none" "{tmp_path}/f" "{tmp_path}/file/g"; echo $?',
        f'make_link x "{tmp_path}/file/none"; echo $?',
        home=tmp_path,
    )
    assert done.stdout == "0\n2\n2\n"
    assert (tmp_path / "a b/c/d").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "e").is_dir()
    assert os.readlink(tmp_path / "a b/link") == "x"
    assert not (tmp_path / "none").is_symlink()


def test_an_intent_is_taken_back_also_without_room(prelude: str, tmp_path: Path) -> None:
    """An intent is taken back without an election where nothing was attempted; otherwise it
    stays."""
    for argument, left in (("untried", []), ("", ["1"])):
        (tmp_path / "names").mkdir(exist_ok=True)
        (tmp_path / "names/1").symlink_to("x")
        shell(
            prelude,
            f"names={tmp_path}/names generation=1 dir={tmp_path}/nowhere; give_back {argument}",
            home=tmp_path,
        )
        assert [link.name for link in (tmp_path / "names").iterdir()] == left


def served(directory: Path, size: int) -> str:
    """What the program says of the server of a job with this directory."""
    found = f"find_job_or_stop() {{ dir={directory}; }}"
    argv = ["/bin/sh", "-c", f"{found}\n{programs.text('served')}", "dssr", "", "", "7", f"{size}"]
    return subprocess.run(argv, capture_output=True, text=True, timeout=20).stdout


def test_a_server_is_found_by_the_whole_name_of_its_file(tmp_path: Path) -> None:
    """A file of another run, or one that is being written, is not taken for the job's word."""
    for name in ("served.0.new", "served.01"):
        (tmp_path / name).write_text("n1 1 token 2\n")
    assert served(tmp_path, 0) == "unserved\n"
    (tmp_path / "served.0").write_text("n1 1 token 2\n")
    assert served(tmp_path, 0) == "served\n\nn1 1 token 2\n"


def test_a_screenshot_is_a_plain_file(tmp_path: Path) -> None:
    """A screenshot is sent as far as it may be; a FIFO in its place does not stop the shell."""
    place = tmp_path / "screenshot.png"
    (tmp_path / "served.0").write_text(f"n1 1 token 2\n{place}\n")
    place.write_text("picture")
    assert served(tmp_path, 4) == "served\n\npict"
    place.unlink()
    os.mkfifo(place)
    assert served(tmp_path, 4) == "served\n\n"


@pytest.mark.parametrize(
    ("what", "code"), [("exit 3", 3), ("kill -9 $$", 137), ("echo out; echo err >&2", 0)]
)
def test_a_limited_command(prelude: str, tmp_path: Path, what: str, code: int) -> None:
    """A command with a time limit returns its exit code and both streams, has no input, and cannot
    reach the helper."""
    done = shell(
        prelude,
        f"{HELPED}; attempt_dir={tmp_path}; limited sh -c '{what}; cat; ls -l /proc/self/fd "
        f">{tmp_path}/fds'; echo $code",
        home=tmp_path,
    )
    assert done.stdout == f"{code}\n"
    if code == 0:
        assert (tmp_path / "sbatch.out").read_text() == "out\n"
        assert (tmp_path / "sbatch.err").read_text() == "err\n"
        inherited = (tmp_path / "fds").read_text()
        assert " 1 -> " in inherited
        assert "/ask" not in inherited
        assert "/say" not in inherited


@pytest.mark.parametrize(
    ("what", "id"),
    [
        ("echo 77", "77"),
        ("echo Welcome; echo 77; echo Goodbye", "77"),
        ("echo 77; echo 3 >&2", "77"),
        ("printf 'cost: 12 SU' >&2; echo '77;site'", "77"),
        ("echo 3 >&2", ""),
    ],
    ids=[
        "alone",
        "between banners",
        "a number on stderr",
        "no line's end on stderr",
        "on stderr alone",
    ],
)
def test_the_id_is_a_line_of_stdout(prelude: str, tmp_path: Path, what: str, id: str) -> None:
    """The id is the line of stdout with a number, whatever a site's plugins and wrappers print
    around it (sbatch(1), --parsable)."""
    done = shell(
        prelude,
        f'{HELPED}; attempt_dir={tmp_path}; limited sh -c "{what}"; answer; echo "id $id"',
        home=tmp_path,
    )
    assert done.stdout == f"id {id}\n"


def test_the_limit(prelude: str, tmp_path: Path) -> None:
    """A command that outlives its time is ended, which differs from each exit code of its own;
    other processes are not ended."""
    with subprocess.Popen(["sleep", "50"]) as bystander:
        done = shell(
            prelude,
            f"{HELPED}; attempt_dir={tmp_path}; limit=1; limited sleep 50; echo $code",
            home=tmp_path,
        )
        assert done.stdout == (
            "143\n" if "dssr_start_helper" in prelude else "124\n"
        )  # SIGTERM, or timeout(1)'s own
        assert bystander.poll() is None
        bystander.kill()


def test_the_limit_of_a_program_behind_another_one(prelude: str, tmp_path: Path) -> None:
    """The limit also ends a program that has replaced the wrapper that started it."""
    (tmp_path / "nap.real").symlink_to(shutil.which("sleep") or "")
    (tmp_path / "nap").write_text(f"#!/bin/sh\nexec {tmp_path}/nap.real 50\n")
    (tmp_path / "nap").chmod(0o755)
    done = shell(
        prelude,
        f"{HELPED}; attempt_dir={tmp_path}; limit=1; limited {tmp_path}/nap; echo $code",
        home=tmp_path,
    )
    assert done.stdout == ("143\n" if "dssr_start_helper" in prelude else "124\n")


def test_the_limit_is_over_with_its_attempt(prelude: str, tmp_path: Path) -> None:
    """An attempt whose outcome stays unknown leaves no limit on a later one in the same shell."""
    (tmp_path / "sbatch.later").symlink_to(shutil.which("sleep") or "")
    (tmp_path / "sbatch").write_text(
        "#!/bin/sh\necho Socket timed out on send/recv operation >&2\nexit 1\n"
    )
    (tmp_path / "sbatch").chmod(0o755)
    done = shell(
        prelude,
        f"{HELPED}; attempt_dir={tmp_path} limit=1",
        "write_files() { :; }; choose_output() { :; }",
        f"attempt; {tmp_path}/sbatch.later 2; echo $?",
        home=tmp_path,
        path=f"{tmp_path}:{os.environ['PATH']}",
    )
    assert done.stdout == "unknown\nSocket timed out on send/recv operation\n0\n"


def test_an_answer_to_another_request_is_ignored(tmp_path: Path) -> None:
    """The helper's answer to a program that was killed is not taken for the answer to the
    next one."""
    done = shell(
        programs.shell_prelude(),
        f"printf '4\\nother.1\\nlink\\nx\\n{tmp_path}/first\\n' >&8; until [ -L {tmp_path}/first "
        f"]; do :; done",
        f'make_link x "{tmp_path}/first"; echo $?',
        home=tmp_path,
    )
    assert done.stdout == "1\n"


def test_the_helper_is_gone_with_its_shell(tmp_path: Path) -> None:
    """The helper ends with its shell and leaves no process and no file."""
    place = tmp_path / "tmp"
    place.mkdir()
    prelude = f"export TMPDIR={place}\n{programs.shell_prelude()}"
    done = shell(
        prelude, "ask_helper link x y no-such-place/z; pgrep -x dssr-helper -P $$", home=tmp_path
    )
    number = int(done.stdout)
    until = time.monotonic() + 20
    while Path(f"/proc/{number}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{number}").exists()
    assert list(place.iterdir()) == []


def test_without_perl_the_usual_commands_do(tmp_path: Path) -> None:
    """A login node without Perl does the same with the usual commands."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("mkdir", "ln", "env", "grep", "cut", "timeout", "sh", "rm", "mktemp", "mkfifo"):
        found = subprocess.run(
            ["sh", "-c", f"command -v {name}"], capture_output=True, text=True, check=True
        )
        (tools / name).symlink_to(found.stdout.strip())
    done = shell(
        programs.shell_prelude(),
        f'echo "helper: $dssr_has_helper"; make_link x "{tmp_path}/a/link" "{tmp_path}/a/b"; echo '
        f"$?",
        f'attempt_dir={tmp_path}; limited sh -c "exit 5"; echo $code',
        home=tmp_path,
        path=str(tools),
    )
    assert done.stdout == "helper: \n0\n5\n"
    assert (tmp_path / "a/b").is_dir()
