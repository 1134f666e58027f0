"""Become the server's user, ask to be stopped with our parent, then turn into the given program (启动跳板).

Run as a script, `launch.py PARENT SIGNAL USER GROUP PROGRAM ARGUMENT...`, in a fresh interpreter: the same steps
between fork and exec of a hub full of threads could deadlock on a lock that another thread held at the fork.
With USER -1 we stay who we are.
"""

import ctypes
import os
import signal
import sys
from typing import Final

PARENT_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def main(arguments: list[str]) -> None:
    """Order matters: changing the user clears the parent-death signal, so it is set after.

    SIGINT is how a server is stopped; a hub in a shell's background inherits that it is ignored.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent, signal_number, user, group = (int(word) for word in arguments[:4])
    command = arguments[4:]
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PARENT_DEATH_SIGNAL, signal_number) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit("the parent ended before its child began")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
