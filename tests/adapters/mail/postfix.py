"""A real Postfix with a configuration of its own: it takes every mail, relays it to a server that refuses
some recipients, and delivers what comes back to a Maildir."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAIN = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.mapleleaf.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
relayhost = [127.0.0.1]:{next}
smtp_host_lookup = native
virtual_mailbox_domains = mapleleaf.example
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:bounces/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""
MASTER = """127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A Postfix that runs: mail goes to `url`, and what could not be delivered comes back to `bounces`."""

    url: str
    bounces: Path
    log: Path


@contextmanager
def postfix(next_port: int) -> Iterator[Postfix]:
    """Run one that relays to this port, until the end. Needs root, as starting Postfix does."""
    folder = Path(tempfile.mkdtemp(prefix="unstuck-postfix-"))
    owner = pwd.getpwnam("postfix")
    try:
        folder.chmod(0o755)
        for name in ("queue", "data", "bounces"):
            (folder / name).mkdir()
        for name in ("data", "bounces"):
            os.chown(folder / name, owner.pw_uid, owner.pw_gid)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        main = MAIN.format(folder=folder, next=next_port, uid=owner.pw_uid, gid=owner.pw_gid)
        (folder / "main.cf").write_text(main)
        (folder / "master.cf").write_text(MASTER.format(port=port))
        subprocess.run(["postfix", "-c", str(folder), "start"], check=True, capture_output=True, timeout=60)
        try:
            yield Postfix(f"smtp://127.0.0.1:{port}", folder / "bounces", folder / "mail.log")
        finally:
            subprocess.run(["postfix", "-c", str(folder), "stop"], capture_output=True, timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
