"""Faults caused for real, between the bridge and the login node and on the cluster: each test is a
story with one ending.

Every job that was submitted ran exactly once, its end was told truly, the output it wrote was
handed out to the byte, and the bridge recovered without being restarted. While the cluster is
silent, so is the bridge: 503, and never an empty list.
"""
