"""Where the user's own configuration of ssh is."""

import os
import pwd


def user_configuration() -> str:
    """The file that ``ssh`` reads by itself: in the home directory of the account, whatever HOME
    says. ``Include ~/...`` goes by HOME."""
    return f"{pwd.getpwuid(os.getuid()).pw_dir}/.ssh/config"
