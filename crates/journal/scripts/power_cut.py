#!/usr/bin/env python3
"""Cuts the power under a journal that records at load, and looks what is left.

Each round makes an ext4 file system in a loop device, records on it, shuts the file system down
in mid-flight without writing anything back (what was not synchronised is gone), mounts it again,
and checks that every acknowledged step is there with all its consequences. Every other round goes
on with the journal of the round before, so that old parts of the log are written over.

    cargo build --release -p warmline-journal --example journal_survival
    sudo crates/journal/scripts/power_cut.py target/release/examples/journal_survival [ROUNDS]

Needs Linux, root and a free loop device. Exit code 1 when anything was lost.
"""

import fcntl
import os
import random
import struct
import subprocess
import sys
import tempfile
import threading

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
NO_LOG_FLUSH = 2
SIZE = 1 << 30


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


def record(program, directory, steps, cut):
    """Lets it acknowledge so many steps, cuts, and says which it had acknowledged before the cut."""
    child = subprocess.Popen([program, "write", directory], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    heard = []
    for line in child.stdout:
        heard.append(line)
        if len(heard) >= steps:
            break
    # What is said while the cut is under way does not count: only `heard` is held against it.
    drain = threading.Thread(target=lambda: list(child.stdout))
    drain.start()
    cut()
    child.kill()
    child.wait()
    drain.join()
    if len(heard) < steps:
        sys.exit(f"the recorder ended after {len(heard)} of {steps} steps")
    return heard


def main():
    if len(sys.argv) not in (2, 3) or os.geteuid() != 0:
        sys.exit(__doc__)
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 20
    lost = 0
    with tempfile.TemporaryDirectory() as base:
        image, mount = os.path.join(base, "image"), os.path.join(base, "mount")
        os.mkdir(mount)
        journal = os.path.join(mount, "journal")
        acknowledged = []
        for round in range(rounds):
            if round % 2 == 0:
                with open(image, "wb") as file:
                    file.truncate(SIZE)
                run("mkfs.ext4", "-q", "-F", image)
                acknowledged = []
            run("mount", "-o", "loop", image, mount)

            def cut():
                handle = os.open(mount, os.O_RDONLY)
                fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
                os.close(handle)

            steps = random.randrange(1, 20_000)
            try:
                acknowledged += record(program, journal, steps, cut)
            finally:
                run("umount", mount)
            run("mount", "-o", "loop", image, mount)
            try:
                check = subprocess.run(
                    [program, "verify", journal],
                    input="".join(acknowledged),
                    capture_output=True,
                    text=True,
                    timeout=300,
                )
            finally:
                run("umount", mount)
            if check.returncode == 0:
                print(f"round {round}: cut after {steps} steps, {check.stdout.strip()}", flush=True)
            else:
                lost += 1
                print(f"round {round}: cut after {steps} steps, LOST: {check.stderr.strip()}", flush=True)
    print(f"{rounds} cuts, {rounds - lost} survived")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
