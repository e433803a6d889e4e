#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""readme - the transcripts of a document, run and compared, or made anew

  readme.py list FILE               a line for each: its number, its line in
                                    FILE, "boots" or "fast", its first command,
                                    with TABs between
  readme.py run FILE N [PTY]        run the N-th here, in this directory
  readme.py commands FILE           the commands of every transcript
  readme.py others FILE             those of blocks that are not run

A transcript is a fenced block whose language is "console". The words behind
that are "boots", if a guest is booted, and programs that must be installed.
In the block a line that begins with "$ " is a command, and what follows is what
it prints, stdout and stderr. If lines of that begin with the prompt of a guest's
shell, what follows there is typed, and the command has a terminal, by PTY
(tests/vm/pty.c).
A command that fails must be followed by "$ echo $?".

"run" exits 1 if something else is printed than FILE says, by RULES below; with
KT_README=write in the environment it puts it into FILE instead. It exits 77 if
a program is missing or a command says so by that status.
"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

from examples import goes_on

PROMPT = re.compile(r"ktstr \S+ \S+ # ")
SECONDS = "300"

# What a transcript shows of what was printed: the directory of a test is
# nobody's, and what terminals are told is not for a file.
SHOWN = (
    (r"\x1b\[[0-9;?]*[A-Za-z]", ""),
    (r"\r", ""),
    (r"[ \t]+$", ""),
)

# What may differ from one machine, kernel or day to the next, and is one word
# in the comparison. In this order; everything else must be the same.
RULES = (
    # Lines that cargo, nextest and llvm-cov word as their releases please.
    (r"(?m)^info: cargo-llvm-cov .*\n", ""),
    (r"(?m)^ +(Compiling|Finished|Starting|Nextest run) .*\n", ""),
    (r"(?m)^\u2500+\n", ""),
    (r"(PASS|Summary) \[.*?\]( \(\d+/\d+\))?", r"\1"),
    # When, how long ago, how big.
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ( +\d+[a-z]+)?", "TIME"),
    (r"\b\d+(\.\d+)? ([kMG]B|MiB|bytes)\b", "SIZE"),
    # Hashes of seven digits and more, if they have a digit.
    (r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b", "HASH"),
    # Versions, and the architecture.
    (r"\b\d+\.\d+\.\d+\b", "VERSION"),
    (r"\b(x86_64|aarch64)\b", "ARCH"),
    # What the verifier counts depends on kernel and compiler.
    (r"verified_insns=\d+", "verified_insns=COUNT"),
    # What scx_simple prints each second it is attached.
    (r"(?m)^(local=\d+ global=\d+\n)+", "local=N global=N\n"),
    # Whose busybox it is.
    (r"(?m)^BusyBox v.*? built-in", "BusyBox built-in"),
    # What doctor finds: it is another machine.
    (r"(?m)^(?:ok|note|missing)( +\S+) .*(\n +hint: .*)?$", r"FOUND\1"),
    # Columns are as wide as what is in them.
    (r"[ \t]+", " "),
)


class Block:
    """One transcript: where it is, and commands with what they print."""

    def __init__(self, line, words):
        self.line, self.words, self.text = line, words, []

    def steps(self):
        steps, more = [], False
        for line in self.text:
            if more:
                steps[-1][0] += "\n" + line
                more = goes_on(line)
            elif line.startswith("$ "):
                steps.append([line[2:], []])
                more = goes_on(line)
            else:
                steps[-1][1].append(line)
        return steps


def blocks(path, language):
    """The fenced blocks of that language."""
    block = None
    with open(path, encoding="utf-8") as f:
        for i, line in enumerate(f.read().splitlines(), 1):
            if not line.startswith("```"):
                if block:
                    block.text.append(line)
            elif block:
                if block.words[:1] == [language]:
                    yield block
                block = None
            else:
                block = Block(i, line[3:].split() or [""])


def shown(text):
    home = os.environ.get("HOME", "/")
    for directory in {home, os.path.realpath(home)}:
        text = text.replace(directory, "/home/you")
    for pattern, by in SHOWN:
        text = re.sub(pattern, by, text, flags=re.M)
    return text


def same(text):
    text = text.rstrip("\n") + "\n"
    for pattern, by in RULES:
        text = re.sub(pattern, by, text)
    return text


def run(command, typed, before, pty):
    """Run it as a shell would whose last status was BEFORE."""
    argv = ["timeout", SECONDS, "sh", "-c", f"(exit {before})\n{command}"]
    with tempfile.TemporaryDirectory() as tmp:
        if typed:
            script = os.path.join(tmp, "typed")
            with open(script, "w", encoding="utf-8") as f:
                f.writelines(f"wait  # \nsend {t}\n" for t in typed)
            argv = [argv[0], "--foreground", *argv[1:]]
            argv = [pty, "24", "80", script, *argv]
        with open(os.path.join(tmp, "out"), "w+b") as out:
            status = subprocess.call(argv, stdin=subprocess.DEVNULL,
                                     stdout=out, stderr=subprocess.STDOUT)
            out.seek(0)
            return status, out.read().decode("utf-8", "replace")


def play(block, pty):
    """The block's text as it is when its commands are run, by steps."""
    got, status = [], 0
    for command, said in block.steps():
        if status and command != "echo $?":
            sys.exit(f"exit status {status}, and no \"$ echo $?\" behind it:\n"
                     + "".join(got))
        typed = [PROMPT.sub("", s, 1) for s in said if PROMPT.match(s)]
        status, out = run(command, typed, status, pty)
        if status == 77:
            print(*re.findall(r"(?m)^hint: (.*)", out)[-1:] or [out.strip()])
            sys.exit(77)
        out = shown(out)
        got.append(f"$ {command}\n" + (out if out[-1:] in ("\n", "") else
                                       out + "\n"))
    if status:
        sys.exit(f"exit status {status}:\n" + "".join(got))
    return "".join(got)


def write(path, block, text):
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines(keepends=True)
    lines[block.line:block.line + len(block.text)] = [text]
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.writelines(lines)
    os.replace(path + ".new", path)


def check(path, number, pty):
    block = list(blocks(path, "console"))[number - 1]
    for program in block.words[1:]:
        if program != "boots" and not shutil.which(program):
            print(f"no {program}")
            return 77
    want = "".join(line + "\n" for line in block.text)
    got = play(block, pty)
    if same(want) == same(got):
        return 0
    if os.environ.get("KT_README") == "write":
        write(path, block, got)
        return 0
    sys.stdout.writelines(difflib.unified_diff(
        same(want).splitlines(keepends=True),
        same(got).splitlines(keepends=True), path, "printed"))
    print(f"what was printed, for line {block.line} of {path}; "
          "\"make readme\" puts it there:\n" + got, end="")
    return 1


def main(argv):
    if argv[1] == "run":
        return check(argv[2], int(argv[3]), argv[4] if argv[4:] else "pty")
    if argv[1] == "others":
        for block in blocks(argv[2], "sh"):
            print("\n".join(block.text))
        return 0
    for i, block in enumerate(blocks(argv[2], "console"), 1):
        steps = block.steps()
        if argv[1] == "commands":
            print("\n".join(command for command, _ in steps))
        else:
            kind = "boots" if "boots" in block.words else "fast"
            title = steps[0][0].splitlines()[0].replace("'", "")
            print(i, block.line, kind, title, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
