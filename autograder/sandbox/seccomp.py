"""Seccomp: which system calls a worker cannot make. A list of denials, since a list of permissions would break with each libc.

The filter is built once, in the zygote, as bytes; loading it in a worker is one call. What it denies most of all is new processes: a
worker is one process for ever, so that killing it is killing everything it ever was.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import tempfile

from .libc import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, PR_SET_SECCOMP, prctl

DENIED = """
    execve execveat fork vfork
    socket connect bind listen accept accept4
    ptrace process_vm_readv process_vm_writev process_madvise pidfd_open pidfd_getfd pidfd_send_signal kcmp tkill
    mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree mount_setattr swapon swapoff unshare setns
    bpf perf_event_open userfaultfd keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register
    open_by_handle_at name_to_handle_at init_module finit_module delete_module kexec_load kexec_file_load reboot acct quotactl
    shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semctl semtimedop mq_open mq_unlink memfd_create memfd_secret
    personality syslog settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname iopl ioperm modify_ldt
    fanotify_init inotify_init inotify_init1 lookup_dcookie vhangup setpriority sched_setscheduler ioprio_set migrate_pages move_pages
    truncate chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr link linkat symlink symlinkat mknod mknodat
    setuid setgid setresuid setresgid setreuid setregid setgroups setfsuid setfsgid
""".split()  # noqa: SIM905

ON_ITSELF = ("prlimit64", "sched_setaffinity", "sched_setparam", "sched_setattr")  # only with pid 0
SIGNALS = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")  # only to the own process

CLONE_THREAD = 0x10000
FCNTL_SIGNALS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals sent by way of a descriptor
TIOCSTI = 0x5412  # types on a terminal
LOW = 0xFFFFFFFF  # the kernel looks at the low half of these arguments only
PID = 0x5A5A5A5A  # stands for the worker's own pid until it is known


AF_UNIX = 1
LISTENING = ("bind", "listen")  # NVIDIA's driver does both at its start, and goes without accept and connect


def build(listening: bool = False) -> bytes:
    """The filter. listening: unix sockets may be made and listened at, though nobody can be reached or received by them.

    Raises ImportError or RuntimeError where pyseccomp or libseccomp is missing, OSError where it cannot be built.
    """
    import pyseccomp as s

    chosen = s.SyscallFilter(s.ALLOW)
    no = s.ERRNO(errno.EPERM)
    # the default kills one thread of a foreign-architecture caller and leaves the others alive
    chosen.set_attr(s.Attr.ACT_BADARCH, s.KILL_PROCESS)
    if listening:
        chosen.add_rule(no, "socket", s.Arg(0, s.NE, AF_UNIX))
    for name in DENIED:
        if listening and name in ("socket", *LISTENING):
            continue
        if s.resolve_syscall(s.system_arch(), name) != -1:  # unknown to this libseccomp
            chosen.add_rule(no, name)
    chosen.add_rule(s.ERRNO(errno.ENOSYS), "clone3")  # libc then falls back to clone, whose flags a filter can see
    chosen.add_rule(no, "clone", s.Arg(0, s.MASKED_EQ, CLONE_THREAD, 0))
    for name in ON_ITSELF:
        chosen.add_rule(no, name, s.Arg(0, s.NE, 0))
    for name in SIGNALS:
        chosen.add_rule(no, name, s.Arg(0, s.NE, PID))
    for command in FCNTL_SIGNALS:
        chosen.add_rule(no, "fcntl", s.Arg(1, s.MASKED_EQ, LOW, command))
    chosen.add_rule(no, "ioctl", s.Arg(1, s.MASKED_EQ, LOW, TIOCSTI))
    for option in (PR_SET_PDEATHSIG, PR_SET_DUMPABLE):  # a worker dies with its zygote, whatever it wants
        chosen.add_rule(no, "prctl", s.Arg(0, s.MASKED_EQ, LOW, option))
    with tempfile.TemporaryFile() as file:
        chosen.export_bpf(file)
        file.seek(0)
        return file.read()


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def load(code: bytes) -> None:
    """From here on, for ever. Needs no_new_privs."""
    code = code.replace(struct.pack("<I", PID), struct.pack("<I", os.getpid()))
    prctl(PR_SET_SECCOMP, 2, ctypes.byref(Program(len(code) // 8, code)))
