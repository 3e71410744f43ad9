"""Faults caused for real, between the bridge and the login node and on the cluster. Each test is a
story with one ending: every job that was submitted ran exactly once, its end was reported truly,
its output was returned to the byte, and the bridge recovered without a restart. While the cluster
is silent, the bridge answers 503, and never with an empty list."""
