#!/usr/bin/env python3
"""Measures what is decided before a model is called beside what one would pick instead.

    python3 benches/peers/run.py

In one run and on the same messages: all detectors of Warmline; `semantic-router` (its own routes,
fitted on the same examples); `sentence-transformers`; and onnxruntime on the same model. Peers are
installed into a virtual environment under the build's folder, at the versions in requirements.txt;
the model comes from the folder that `warmline model fetch` fills. Prints a table.
"""

import json
import os
import pathlib
import subprocess
import sys
import tomllib
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "peers"
SCOPE = ROOT / "config" / "returns" / "examples.toml"
MESSAGES = 320
PEERS = ["semantic_router", "sentence_transformers", "onnxruntime"]


def messages():
    """Some twenty tokens each: two examples of the presets in one sentence, none twice.

    Of a turn of several sentences Warmline also reads each on its own, for the gates, which takes
    about twice as long.
    """
    examples = []
    for file in sorted((ROOT / "config").glob("*/examples.toml")):
        scope = tomllib.loads(file.read_text())
        for intent in scope["intents"]:
            examples += intent.get("examples", [])
    pairs = zip(examples, examples[len(examples) // 2:] + examples[: len(examples) // 2])
    return [f"{a.rstrip('?.! ')}, {b}" for a, b in pairs][:MESSAGES]


def python():
    """The interpreter of the peers' environment."""
    folder = pathlib.Path(os.environ.get("WARMLINE_PEERS_VENV", BUILD / "venv"))
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        venv.create(folder, with_pip=True)
        wanted = ["-r", str(HERE / "requirements.txt")]
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *wanted], check=True)
    return interpreter


def figures(command):
    """The last line of what a command prints, as JSON."""
    done = subprocess.run(command, stdout=subprocess.PIPE, cwd=ROOT, check=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
    file = BUILD / "messages.txt"
    file.write_text("\n".join(messages()) + "\n")
    bench = ["cargo", "bench", "--quiet", "-p", "warmline-benches", "--bench", "premodel", "--"]
    rows = {"warmline": figures([*bench, str(SCOPE), str(file)])}
    interpreter = python()
    for peer in PEERS:
        rows[peer] = figures([interpreter, str(HERE / "peer.py"), peer, str(SCOPE), str(file)])
    columns = ["one", "batched", "encoder_core", "single_ms", "resident_mb"]
    print(f"| {'':21} | " + " | ".join(f"{name:>12}" for name in columns) + " |")
    print(f"|{'-' * 23}|" + "|".join("-" * 14 for _ in columns) + "|")
    for name, row in rows.items():
        cells = [str(row.get(column, "")) for column in columns]
        print(f"| {name:21} | " + " | ".join(f"{cell:>12}" for cell in cells) + " |")


if __name__ == "__main__":
    sys.exit(main())
