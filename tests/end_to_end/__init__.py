"""Jobs through everything: HTTP, the bridge, SSH, a real Slurm, real containers."""
