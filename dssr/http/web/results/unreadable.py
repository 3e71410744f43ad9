"""The error for a file that cannot be shown as what its name says. Pure."""


class Unreadable(Exception):
    """``sentences``: what is wrong with the file, where, and what to write instead."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences
