#!/usr/bin/env python3
"""Fills the disk under a journal, and opens one on a disk that is read-only.

    cargo build --release -p warmline-journal --example journal_survival
    sudo crates/journal/scripts/bad_disks.py target/release/examples/journal_survival

A full disk must be named, stop the recorder rather than hang it, and lose nothing acknowledged;
with room again, the journal goes on. Needs Linux and root. Exit code 1 when a check fails.
"""

import os
import subprocess
import sys
import tempfile


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


def check(what, holds, told):
    print(f"{'ok' if holds else 'FAILED'}: {what}: {told}", flush=True)
    if not holds:
        sys.exit(1)


def last_line(text):
    return text.strip().splitlines()[-1] if text.strip() else "nothing"


def main():
    os.environ["RUST_BACKTRACE"] = "0"
    if len(sys.argv) != 2 or os.geteuid() != 0:
        sys.exit(__doc__)
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as mount:
        journal = os.path.join(mount, "journal")
        run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", mount)
        try:
            full = subprocess.run([program, "write", journal], capture_output=True, text=True, timeout=300)
            told = last_line(full.stderr)
            check("a full disk is named", "is full" in told, told)
            verify = [program, "verify", journal]
            run("mount", "-o", "remount,size=128m", mount)
            found = subprocess.run(verify, input=full.stdout, capture_output=True, text=True, timeout=300)
            check("nothing acknowledged is lost", found.returncode == 0, last_line(found.stdout + found.stderr))
            again = subprocess.run([program, "write", journal], capture_output=True, text=True, timeout=300)
            check("with room it goes on", again.stdout.count("\n") > 0, f"{again.stdout.count(chr(10))} steps more")
            run("mount", "-o", "remount,ro", mount)
            refused = subprocess.run([program, "write", journal], capture_output=True, text=True, timeout=60)
            told = refused.stderr
            check("a read-only disk is named", "ReadOnly" in told, last_line(told)[:120])
        finally:
            run("umount", mount)


if __name__ == "__main__":
    main()
