"""Which lines of a script are text of a here-document: bash itself is asked."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.upstream.here_documents import own_lines

BODY = "echo MARKED"


def own(script: str) -> list[str]:
    """The lines that are the script's own."""
    return list(own_lines(script.split("\n")))


@pytest.mark.parametrize(
    "script",
    [
        f"cat <<EOF\n{BODY}\nEOF\necho after",
        f"cat << EOF\n{BODY}\nEOF\necho after",
        f"cat <<-EOF\n\t{BODY}\n\tEOF\necho after",
        f"cat <<'EOF'\n{BODY}\nEOF\necho after",
        f'cat <<"E O F"\n{BODY}\nE O F\necho after',
        f"cat <<\\EOF\n{BODY}\nEOF\necho after",
        f"cat <<E\"O\"'F'\n{BODY}\nEOF\necho after",
        f"cat <<''\n{BODY}\n\necho after",
        f"cat <<EOF>/dev/null\n{BODY}\nEOF\necho after",
        f"cat <<EOF;echo b\n{BODY}\nEOF\necho after",
        f"cat <<A; cat <<B\n{BODY}\nA\n{BODY}\nB\necho after",
        f"cat <<A - <<B\n{BODY}\nA\n{BODY}\nB\necho after",
        f"cat 0<<EOF\n{BODY}\nEOF\necho after",
        f"x=$(cat <<EOF\n{BODY}\nEOF\n)\necho after",
        f"x=\"$(cat <<'EOF'\n{BODY}\nEOF\n)\"\necho after",
        f"cat <<EOF # a comment with a ' in it\n{BODY}\nEOF\necho after",
        f"cat <<EOF\n{BODY}\n EOF\n{BODY}\nEOF \n{BODY}\nEOF\necho after",
        f"cat <<EOF\nit's \"\n{BODY}\nEOF\necho after",
        f"(cat <<EOF)\n{BODY}\nEOF\necho after",
        f"cat <<EOF\n{BODY}",
        f"cat <<EOF\n{BODY}\nEOFS\n",
    ],
)
def test_the_text_of_a_here_document(script: str) -> None:
    """A line of the text is no line of the script, and the line behind its end is."""
    assert BODY not in own(script)
    assert f"\t{BODY}" not in own(script)
    assert ("echo after" in own(script)) is ("echo after" in script)
    printed = subprocess.run(["bash", "-c", script], capture_output=True, check=False).stdout
    assert b"\nMARKED" not in b"\n" + printed, "bash takes the text for commands"
    assert (b"after" in printed) is ("echo after" in script)


@pytest.mark.parametrize(
    "script",
    [
        "cat <<<EOF",
        "cat <<< EOF",
        "echo '<<EOF'",
        'echo "<<EOF"',
        "echo $'it\\'s <<EOF'",
        "echo \\<\\<EOF",
        "echo x # <<EOF",
        "# <<EOF",
        "echo $((1<<2))",
        "echo $(( (1<<2) + $(echo 1<<<x) ))",
        "((x = 1 << 2))",
        'echo "$((1<<2))"',
        "echo 'first\n<<EOF'",
        'echo "first\n<<EOF"',
        "echo ${#x} ${x#y}",
        "echo a#b 'c'",
    ],
)
def test_what_begins_no_here_document(script: str) -> None:
    """Quotes, comments, arithmetic and here-strings begin no here-document, and the next line is
    the script's."""
    whole = f"{script}\n{BODY}\nEOF"
    assert own(whole) == whole.split("\n")
    printed = subprocess.run(["bash", "-c", whole], capture_output=True, check=False).stdout
    assert b"MARKED" in printed, "bash takes the line for text"


@given(st.lists(st.text("ab '\"\\<$(){}#`-\t|;", max_size=20), max_size=10))
def test_any_lines_can_be_read(lines: list[str]) -> None:
    """No script makes the reader fail, and all its lines are in their order."""
    found = list(own_lines(lines))
    rest = iter(lines)
    assert all(line in rest for line in found)


@pytest.mark.parametrize(
    "hostile",
    ["(" * 500_000, "<<a" * 200_000, "'\"" * 250_000, "<<a\n" * 100_000, "<<'" + "a" * 500_000],
    ids=lambda text: text[:4],
)
def test_half_a_megabyte_is_read_like_any_other(hostile: str) -> None:
    """Reading is linear in the script's length."""
    assert own(hostile)[0] == hostile.split("\n")[0]
