"""OpenSSH's own ``ssh`` program."""
