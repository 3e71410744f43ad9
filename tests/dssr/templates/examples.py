"""Templates for the tests of this directory."""

from dssr.templates.template import Template, read

FIT = """\
title: A fit
about: Fits a curve.
fields:
  method: {choices: [exact, robust], default: exact}
  steps: {type: integer, min: 1, max: 1000, default: 200, label: Most steps}
  tolerance: {type: number, min: 1e-9, max: 0.1}
  verbose: {type: flag}
  data: {type: file, required: true}
  walltime: {default: 00:10:00, max: 01:00:00}
  memory: {default: 1G, min: 500M, max: 4G}
  image: {default: /images/fit.sif, locked: true}
script: |
  #!/bin/bash
  #SBATCH --nodes=1
  ./fit --method "$FIELD_METHOD" --steps "$FIELD_STEPS" "$FIELD_DATA"
"""


def fit() -> Template:
    """A template with fields of all kinds."""
    return read(FIT)
