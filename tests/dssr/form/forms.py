"""Forms that users may fill in, for the tests of this directory."""

from hypothesis import strategies as st

from dssr.form.fields import Form

# One line of any printable characters, those included that mean something to sbatch or a shell.
LINES = st.text(
    st.sampled_from("\"'\\#$`;&|:= -aZ9\u00e4\u202e")
    | st.characters(categories=["L", "P", "S", "Zs"]),
    max_size=20,
)
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
_COUNTS = st.sampled_from(["", "1", "2", "64"])
_OPTIONS = st.tuples(st.sampled_from(["comment", "gres", "nice"]), LINES) | st.tuples(
    st.sampled_from(["hold", "exclusive"]), st.none()
)
FORMS = st.builds(
    Form,
    command=st.sampled_from(
        ["hostname", "srun ./a.out | tee 'x y'\n\nexit $?", "#!/bin/sh\n# a comment\ntrue"]
    ),
    name=st.sampled_from(["", "relax", "a=b,c@d+e"]),
    partition=st.just("") | WORDS,
    account=st.just("") | WORDS,
    qos=st.just("") | WORDS,
    nodes=_COUNTS,
    tasks=_COUNTS,
    cores=_COUNTS,
    memory=st.sampled_from(["", "500M", "4G"]),
    gpus=st.sampled_from(["", "0", "4"]),
    walltime=st.sampled_from(["", "5", "1-00:00:00", "UNLIMITED"]),
    working_directory=st.just("") | LINES.map(lambda text: f"/{text}"),
    mail_type=st.sampled_from(["", "END,FAIL"]),
    mail_user=st.just("") | WORDS,
    dependency=st.just("") | WORDS,
    modules=st.sampled_from([(), ("gcc/13.2", "openmpi")]),
    environment=st.lists(st.tuples(st.sampled_from(["A", "B_2"]), LINES), max_size=2).map(tuple),
    options=st.lists(_OPTIONS, max_size=3, unique_by=lambda option: option[0]).map(tuple),
)
