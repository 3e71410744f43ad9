"""A dashboard with a slider, to which the job on the cluster reacts."""

import os

import panel as pn

pn.extension()

steps = pn.widgets.IntSlider(name="Steps", start=10, end=500, value=100)
growth = pn.widgets.FloatInput(name="Growth per step", value=0.02, step=0.01)


def result(steps: int, growth: float) -> str:
    """What the page shows; it runs in the job, at each change."""
    return f"After **{steps}** steps: {(1 + growth) ** steps:.4g}"


pn.Column(
    "# A dashboard in a Slurm job",
    f"Job {os.environ['SLURM_JOB_ID']} on {os.environ['SLURMD_NODENAME']}",
    steps,
    growth,
    pn.bind(result, steps, growth),
).servable(title="dashboard")
