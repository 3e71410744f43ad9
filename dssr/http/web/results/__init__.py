"""The results of a job: which of its files are shown as what, and what is in them. All of it is
pure: bytes in, values out, whatever a job has written."""
