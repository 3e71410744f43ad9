"""The rules for connectors that serve the files of jobs. ``dssr.testing`` says how to run them."""

import os

import pytest

from dssr.errors import BadRequest, Conflict, Denied, NotFound
from dssr.job import JobRef
from dssr.testing.directory_listing import STRANGE
from dssr.testing.job_place import JobPlace
from dssr.testing.job_uploads import JobUploadsContract

KEYS = [
    ".netrc",
    ".aws/credentials",
    "id_rsa",
    "id_ed25519.old",
    "server.pem",
    "Host.KEY",
    ".ssh/config",
    ".ssh/authorized_keys",
]


class JobFilesContract(JobUploadsContract):
    """The rules for lists, reading and writing, and for what may be served."""

    def test_the_order_and_the_facts_of_a_list(self, job: JobPlace) -> None:
        """A list has directories first, then files, each by name, with size and time."""
        job.sh("mkdir z && printf 12345 >b && touch -d @2000.25 a && mkfifo p && touch z/in")
        found = job.listed()
        assert [(entry.path, entry.is_directory) for entry in found] == [
            ("z", True), ("a", False), ("b", False),
        ]  # fmt: skip
        assert (found[1].size, found[1].modified, found[2].size) == (0, 2000.25, 5)
        assert job.names("z") == ["z/in"]
        assert found[2] == job.file("b")

    def test_strange_names(self, job: JobPlace) -> None:
        """Names with line breaks, dashes and shell characters are listed, read and written."""
        for name in STRANGE:
            job.write(f"{name}/{name}", name.encode("utf-8", "surrogateescape"))
        assert set(job.names()) == set(STRANGE)
        for name in STRANGE:
            assert job.names(name) == [f"{name}/{name}"]
            assert job.read(f"{name}/{name}") == name.encode("utf-8", "surrogateescape")

    def test_names_that_are_no_text_and_long_names(self, job: JobPlace) -> None:
        """A name of 255 bytes, and one that is not UTF-8, are as good as others."""
        for name in ("x" * 255, "\udcff\udc80", "ü" * 127):
            job.write(name, b"data")
            assert job.read(name) == b"data"
            assert name in job.names()
        with pytest.raises(NotFound, match="name too long"):
            job.file("x" * 256)

    def test_a_part_of_a_file(self, job: JobPlace) -> None:
        """A part has the bytes that are there, up to the end of the file."""
        data = os.urandom(3_000_000)
        job.write("data", data)
        assert job.read("data") == data
        assert job.read("data", 1_000_001, 999_999) == data[1_000_001:2_000_000]
        assert job.read("data", 2_999_999) == data[-1:]
        assert job.read("data", 3_000_000) == job.read("data", 5_000_000) == b""

    def test_a_file_that_has_changed(self, job: JobPlace) -> None:
        """A version is refused once the file was written to, or replaced by another one."""
        job.write("data", b"one")
        version = job.file("data").version
        for change in ("printf two >data", "printf one >new && mv new data", "printf 1 >data"):
            job.sh(change)
            with pytest.raises(Conflict, match="has changed"):
                job.read_version("data", version)
            assert job.file("data").version != version
            version = job.file("data").version

    def test_a_file_that_grows(self, job: JobPlace) -> None:
        """A file that grows is read up to the size that it had, and has another version then."""
        job.write("data", b"one")
        version = job.file("data").version
        job.sh("printf four >>data")
        assert job.read_version("data", version, 1, 10) == b"ne"
        assert job.file("data").version != version

    def test_what_is_not_there(self, job: JobPlace) -> None:
        """A missing file or directory is ``NotFound`` with the reason."""
        job.write("file", b"data")
        for attempt in (job.names, job.file):
            with pytest.raises(NotFound, match="No such file"):
                attempt("none")
            with pytest.raises(NotFound, match="Not a directory"):
                attempt("file/in")
        with pytest.raises(NotFound, match="Not a directory"):
            job.names("file")

    def test_links_are_followed_to_what_may_be_served(self, job: JobPlace) -> None:
        """A link to a file or directory that may be served is as good as that."""
        job.write("real/data", b"data")
        job.sh("ln -s real/data link && ln -s real there && ln -s ../../real/data real/far")
        assert job.read("link") == job.read("there/data") == b"data"
        assert job.names("there") == ["there/data"]
        job.write("link", b"new")
        assert job.read("real/data") == b"new"
        assert job.read("real/../there/./data") == b"new"

    def test_links_are_listed_as_what_they_lead_to(self, job: JobPlace) -> None:
        """A list has what a link leads to under the link's name, if that may be served."""
        job.write("real/data", b"data")
        job.sh("ln -s real/data link; ln -s real .there; ln -s real/data '[a]*'")
        job.sh("ln -s /etc out; ln -s /etc/passwd passwd; ln -s none broken; ln -s loop loop")
        job.sh("touch real/id_rsa; ln -s real/id_rsa key")
        found = {entry.path: entry for entry in job.listed()}
        assert list(found) == [".there", "real", "[a]*", "link"]
        assert found[".there"].is_directory
        assert found["link"].version == job.file("real/data").version
        assert job.names(".there") == [".there/data"]

    def test_what_is_not_served_is_listed_with_the_reason(self, job: JobPlace) -> None:
        """A list says of each thing that is there and is not served why; it says nothing of
        what a link leads to, nor of unfinished uploads."""
        job.sh("mkfifo pipe; mkdir .ssh; touch id_rsa x.pem data; ln -s /etc out; ln -s none lost")
        job.sh("ln -s id_rsa key; ln -s data good")
        job.write("unfinished", b"part", 0, 10)
        reasons = {
            entry.path: entry.withheld
            for entry in job.files.list_files(job.ref, "")
            if entry.withheld
        }
        key, link = "is a key or holds credentials", "is a link to what is not served"
        expected = {
            ".ssh": key, "id_rsa": key, "x.pem": key, "pipe": "is a pipe", "out": link,
            "lost": link, "key": link,
        }  # fmt: skip
        assert reasons.keys() == expected.keys()
        assert all(reasons[path].startswith(words) for path, words in expected.items())
        assert job.names() == ["data", "good"]

    @pytest.mark.parametrize(
        "path",
        [
            "out", "out/passwd", "passwd", "chain", "root/etc/passwd", "proc",
            "../../../../../../../../etc/passwd", "none/../../../../../../../../../etc/passwd",
            "out/none", "zero",
        ],
    )  # fmt: skip
    def test_what_is_outside_is_denied(self, job: JobPlace, path: str) -> None:
        """A path that leads out of the roots is ``Denied``, whether or not something is there."""
        job.sh("ln -s /etc out; ln -s /etc/passwd passwd; ln -s out chain; ln -s / root")
        job.sh("ln -s /proc/self/root/etc proc; ln -s /dev/zero zero")
        job.is_denied(path)

    def test_only_regular_files_are_read(self, job: JobPlace) -> None:
        """A pipe is ``Denied`` at once, with a writer at its other end and without."""
        job.sh("mkfifo pipe")
        with pytest.raises(Denied):
            job.file("pipe")
        with pytest.raises(Denied):
            job.read_version("pipe", "1:2:3:4")
        with pytest.raises(Denied):
            job.write("pipe", b"data")
        assert job.sh("[ -p pipe ] && echo yes") == "yes\n"

    @pytest.mark.parametrize("path", KEYS)
    def test_keys_are_never_served(self, job: JobPlace, path: str) -> None:
        """Keys are neither listed, read nor written, at any depth and behind links."""
        job.sh('mkdir -p "deep/$(dirname "$1")" && echo secret >"deep/$1"', path)
        job.sh('ln -s "deep/$1" link', path)
        for one in (path, f"deep/{path}", "link"):
            with pytest.raises(Denied):
                job.file(one)
            with pytest.raises(Denied):
                job.write(one, b"mine")
        assert path not in job.names("deep")
        assert job.sh('cat "deep/$1"', path) == "secret\n"

    def test_the_state_directory_is_never_served(self, job: JobPlace) -> None:
        """What the bridge knows of its jobs is not served, though it is in the home directory."""
        state = job.harness.state_dir
        job.sh('ln -s "$1" state', state)
        for path in ("state", "state/jobs"):
            with pytest.raises(Denied):
                job.names(path)
        with pytest.raises(Denied):
            job.write("state/mine", b"data")

    def test_what_is_served_by_default(self, job: JobPlace) -> None:
        """By default, the home directory and the scratch directory may be served, too."""
        job.sh('ln -s "$HOME" home; ln -s "$1" scratch', job.harness.scratch_dir)
        job.names("home")
        assert "scratch/.jarvice" in job.names("scratch")

    def test_the_roots_of_the_operator(self, job: JobPlace) -> None:
        """With roots of the operator's, the job's own directory may be served, and no other."""
        job.write("data", b"data")
        job.sh(
            'ln -s "$HOME" home; mkdir -p "$1"; ln -s "$1" open', f"{job.harness.scratch_dir}open"
        )
        job.harness.connector = job.harness.with_roots(f"{job.harness.scratch_dir}open")
        job.sh("echo mine >open/mine")
        assert (job.read("data"), job.read("open/mine")) == (b"data", b"mine\n")
        job.is_denied("home")
        job.is_denied("..")

    def test_files_are_written_below_the_directory_alone(self, job: JobPlace) -> None:
        """What may be read through a link is not written through it, and '..' leads nowhere."""
        job.sh('ln -s "$1" scratch; ln -s "$HOME/new" new', job.harness.scratch_dir)
        job.names("scratch")
        for path in ("scratch/mine", "new"):
            with pytest.raises(Denied, match=r"is not written: .* below the job's working"):
                job.write(path, b"mine")
        with pytest.raises(Denied, match=r"'..' leads out of the job's working directory"):
            job.write("a/../../mine", b"mine")
        with pytest.raises(Denied, match=r"'..' leads out of the job's working directory"):
            job.names("..")

    def test_a_directory_of_its_own_that_became_a_link(self, job: JobPlace) -> None:
        """A link in the place of the job's own directory opens nothing."""
        job.harness.connector = job.harness.with_roots(f"{job.harness.scratch_dir}open")
        job.harness.sh('mv "$1" "$1.old" && ln -s /etc "$1"', job.directory)
        job.is_denied("passwd")

    def test_links_that_are_swapped_meanwhile(self, job: JobPlace) -> None:
        """While a link is swapped between two places again and again, nothing outside is read."""
        job.write("real/passwd", b"mine")
        swap = "while [ -e go ]; do mv -T a c; mv -T b a; mv -T c b; done"
        job.sh(f"touch go; ln -s real a; ln -s /etc b; ({swap}) >/dev/null 2>&1 &")
        seen = set()
        try:
            for _ in range(30):
                try:
                    seen.add(job.read("a/passwd"))
                except (Denied, NotFound, Conflict) as error:
                    seen.add(type(error).__name__.encode())
        finally:
            job.sh("rm go")
        assert seen <= {b"mine", b"Denied", b"NotFound", b"Conflict"}

    @pytest.mark.parametrize("path", ["/etc/passwd", "/", "a\0b", "half \ud800"])
    def test_impossible_paths(self, job: JobPlace, path: str) -> None:
        """A path that begins with '/', or that no file can have, is a ``BadRequest``."""
        for attempt in (job.names, job.file):
            with pytest.raises(BadRequest):
                attempt(path)

    def test_a_job_that_is_not_known(self, job: JobPlace) -> None:
        """A job that was never submitted here, and one of the legacy API, are ``NotFound``."""
        ref = job.harness.submit(job.harness.succeeding(job.harness.name()))
        for unknown in (ref, JobRef("never-submitted", 1, "999999")):
            with pytest.raises(NotFound):
                job.files.list_files(unknown, "")
