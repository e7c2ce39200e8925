"""Watches a process from outside and acts at the nth of its system calls: kills it, or lets the call fail.

strace counts for each thread by itself, so that the calls of a thread that lives for one action cannot be
named to it; here all threads are counted together. A seccomp filter stops the process at the listed calls
only, which costs next to nothing elsewhere (seccomp(2), ptrace(2)).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import NamedTuple

# x86_64 numbers; the calls whose first argument is a file descriptor, and those that name paths.
ON_DESCRIPTORS: Mapping[str, int] = {
    "read": 0,
    "write": 1,
    "pwrite64": 18,
    "writev": 20,
    "connect": 42,
    "sendto": 44,
    "recvfrom": 45,
    "sendmsg": 46,
    "recvmsg": 47,
    "fsync": 74,
    "fdatasync": 75,
    "ftruncate": 77,
    "fallocate": 285,
    "pwritev": 296,
    "sendmmsg": 307,
}
ON_PATHS: Mapping[str, tuple[int, int]] = {
    "open": (2, 0),
    "rename": (82, 0),
    "mkdir": (83, 0),
    "link": (86, 0),
    "unlink": (87, 0),
    "openat": (257, 1),
    "mkdirat": (258, 1),
    "unlinkat": (263, 1),
    "renameat": (264, 1),
    "linkat": (265, 1),
}
"""The number, and which argument is the path."""

_NAMES = {number: name for name, number in ON_DESCRIPTORS.items()}
_NAMES |= {number: name for name, (number, _) in ON_PATHS.items()}
_FLAGS_AT = {"open": 1, "openat": 2}

_TRACEME, _CONT, _GETREGS, _SETREGS, _SETOPTIONS = 0, 7, 12, 13, 0x4200
_FORK, _VFORK, _CLONE, _SECCOMP, _EXITKILL = 2, 4, 8, 1 << 7, 1 << 20
_EVENT_SECCOMP = 7
_ALL = 0x40000000
"""Wait for threads as well (`__WALL`)."""

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_ALLOW, _TRACE = 0x7FFF0000, 0x7FF00000
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06

_REGISTERS = struct.Struct("27Q")
_RAX, _NUMBER = 10, 15
_ARGUMENTS = (14, 13, 12, 7)

_LOCAL = struct.pack("H", 1)
"""How the address of a socket of this machine begins (AF_UNIX)."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_libc.ptrace.restype = ctypes.c_long


class Kind(Enum):
    """What a call is made on."""

    FILE = "file"
    SOCKET = "socket"
    PIPE = "pipe"


class Point(NamedTuple):
    """One system call that is about to be made: its name, and the path of the file, `socket` or `pipe`."""

    call: str
    kind: Kind
    path: str


@dataclass(frozen=True, slots=True)
class Kill:
    """The process is killed before the call is made."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The call is not made, and returns this error (a number of `errno`)."""

    error: int


class CannotTrace(Exception):
    """This machine lets nobody watch a process; the text says why."""


def traced(child: Callable[[], int]) -> int:
    """Fork a process that does `child` and ends with its exit code, stopped before it begins; its id. It is
    watched by the thread that called this. Raises CannotTrace."""
    why = why_not()
    if why:
        raise CannotTrace(why)
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            _ptrace(_TRACEME, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            _install_filter()
            code = child()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, _ALL)
    if not os.WIFSTOPPED(status):
        raise CannotTrace("a process that is to be watched did not come to its first stop")
    _ptrace(_SETOPTIONS, pid, _FORK | _VFORK | _CLONE | _SECCOMP | _EXITKILL)
    return pid


def watch(pid: int, decide: Callable[[Point], Kill | Fail | None]) -> int:
    """Let the process of `traced` run to its end, asking `decide` at each call; its exit code as subprocess
    gives it, negative for a signal."""
    _ptrace(_CONT, pid)
    while True:
        stopped, status = os.waitpid(-1, _ALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if stopped == pid:
                return os.waitstatus_to_exitcode(status)
            continue
        number = os.WSTOPSIG(status)
        if status >> 16 == _EVENT_SECCOMP:
            _at_call(pid, stopped, decide)
            number = 0
        elif status >> 16 or number in (signal.SIGSTOP, signal.SIGTRAP):
            # The thread that was begun, or its first stop.
            number = 0
        # A thread may be gone by now, with the process that was killed.
        _ptrace(_CONT, stopped, number, may_be_gone=True)


@cache
def why_not() -> str:
    """Why nothing can be watched here; empty where it can."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "watching system calls is written for Linux on x86_64"
    pid = os.fork()
    if pid == 0:
        os._exit(0 if _libc.ptrace(_TRACEME, 0, None, None) == 0 else 1)
    _, status = os.waitpid(pid, 0)
    return "" if status == 0 else "this machine does not allow processes to be watched (ptrace)"


def _at_call(pid: int, thread: int, decide: Callable[[Point], Kill | Fail | None]) -> None:
    registers = (ctypes.c_char * _REGISTERS.size)()
    if not _ptrace(_GETREGS, thread, ctypes.addressof(registers), may_be_gone=True):
        return
    values = list(_REGISTERS.unpack(registers.raw))
    point = _point(pid, values)
    if point is None:
        return
    match decide(point):
        case Kill():
            os.kill(pid, signal.SIGKILL)
        case Fail(error=error):
            values[_NUMBER], values[_RAX] = 2**64 - 1, 2**64 - error
            registers.raw = _REGISTERS.pack(*values)
            _ptrace(_SETREGS, thread, ctypes.addressof(registers), may_be_gone=True)


def _point(pid: int, registers: list[int]) -> Point | None:
    name = _NAMES.get(registers[_NUMBER])
    if name is None:
        return None
    arguments = [registers[at] for at in _ARGUMENTS]
    if name in ON_PATHS:
        flags = arguments[_FLAGS_AT[name]] if name in _FLAGS_AT else os.O_CREAT
        if not flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            return None
        made = name if flags & os.O_CREAT else f"{name} to write"
        return Point(made, Kind.FILE, _text(pid, arguments[ON_PATHS[name][1]]))
    try:
        path = os.readlink(f"/proc/{pid}/fd/{arguments[0] & 0xFFFFFFFF}")
    except OSError:
        return None
    if path.startswith("socket:"):
        # A socket of the machine itself asks who somebody is; it goes to nobody's record.
        local = name == "connect" and _bytes(pid, arguments[1], 2) == _LOCAL
        return None if local else Point(name, Kind.SOCKET, "socket")
    if path.startswith("pipe:"):
        return None if name == "read" else Point(name, Kind.PIPE, "pipe")
    return None if name == "read" else Point(name, Kind.FILE, path)


def _text(pid: int, address: int) -> str:
    return _bytes(pid, address, 4096).split(b"\0", 1)[0].decode("utf-8", "replace")


def _bytes(pid: int, address: int, most: int) -> bytes:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(most)


def _install_filter() -> None:
    numbers = sorted(_NAMES)
    steps = [struct.pack("HBBI", _LOAD, 0, 0, 0)]
    steps += [
        struct.pack("HBBI", _IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)
    ]
    steps += [struct.pack("HBBI", _RETURN, 0, 0, _ALLOW), struct.pack("HBBI", _RETURN, 0, 0, _TRACE)]
    program = ctypes.create_string_buffer(b"".join(steps))
    header = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(program))
    holder = ctypes.create_string_buffer(header)
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or _libc.prctl(_PR_SET_SECCOMP, _FILTER, holder, 0, 0):
        raise OSError(ctypes.get_errno(), "the filter of system calls could not be set")


def _ptrace(request: int, pid: int, data: int = 0, *, may_be_gone: bool = False) -> bool:
    if _libc.ptrace(request, pid, None, data) != -1:
        return True
    error = ctypes.get_errno()
    if error == errno.ESRCH and may_be_gone:
        return False
    raise OSError(error, f"ptrace request {request} failed")
