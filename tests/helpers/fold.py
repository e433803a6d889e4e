# SPDX-License-Identifier: GPL-2.0-only
"""Fold verifier logs the slow way: the rules of lib/verifier/fold.h, word by word.

    fold.py < LOG                 fold one
    fold.py --make SEED LINES     make a log that has something to fold, or almost
    fold.py --check FROM TO       compare with ktstr-verifier on such logs
"""
import random
import subprocess
import sys
from collections import Counter

SPACE = "".join(
    map(chr, [*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)])
) + "\u2028\u2029\u202f\u205f\u3000"


def lines_of(text):
    parts = text.split("\n")
    last = parts.pop()
    parts = [p[:-1] if p.endswith("\r") else p for p in parts]
    return parts + [last] if last else parts


def with_address(line):
    t = line.strip(SPACE)
    if not t or t[0] not in "0123456789":
        return t
    at = t.find(": ")
    if at >= 0:
        rest = t[at + 2 :]
        if rest.startswith("frame") or (
            rest[:1] == "R" and rest[1:2] in tuple("0123456789")
        ):
            return t[: at + 1]
    at = t.find("; frame")
    if at >= 0:
        return t[:at].rstrip(SPACE)
    at = t.find("; R")
    if at >= 0 and t[at + 3 : at + 4] in tuple("0123456789"):
        return t[:at].rstrip(SPACE)
    at = t.find("goto pc")
    if at >= 0:
        end = at + 7
        while end < len(t) and t[end] in "+-0123456789":
            end += 1
        if end < len(t):
            return t[:end].rstrip(SPACE)
    return t


def without_address(line):
    t = with_address(line)
    head, sep, rest = t.partition(": ")
    if sep and head and all(c in "0123456789" for c in head):
        return rest
    return t


def anchor_of(texts):
    count = Counter(t for t in texts if len(t.encode("utf-8", "surrogateescape")) >= 10)
    best = [(-n, t.encode("utf-8", "surrogateescape"), t) for t, n in count.items() if n >= 3]
    return min(best)[2] if best else None


def detect(lines):
    if len(lines) < 15:
        return None
    full = [with_address(x) for x in lines]
    bare = [without_address(x) for x in lines]
    texts = full
    anchor = anchor_of(full)
    if anchor is None:
        texts = bare
        anchor = anchor_of(bare)
    if anchor is None:
        return None
    pos = [i for i, t in enumerate(texts) if t == anchor]

    def runs(start, period):
        n = 1
        while (
            start + (n + 1) * period <= len(bare)
            and bare[start + n * period : start + (n + 1) * period]
            == bare[start : start + period]
        ):
            n += 1
        return n

    for stride in (1, 2, 3):
        if len(pos) <= stride:
            continue
        gaps = Counter(
            b - a for a, b in zip(pos, pos[stride:]) if b - a >= 5
        )
        if not gaps:
            continue
        freq, period = min((-n, g) for g, n in gaps.items())
        if -freq < 2:
            continue
        for p in pos:
            if p + 2 * period > len(lines):
                break
            if bare[p : p + period] != bare[p + period : p + 2 * period]:
                continue
            best = (p, runs(p, period))
            for o in range(1, period):
                if p - o < 0:
                    break
                n = runs(p - o, period)
                if n >= 2 and n > best[1]:
                    best = (p - o, n)
            if best[1] >= 3:
                return best[0], period, best[1]
    return None


def fold(text):
    for _ in range(5):
        lines = lines_of(text)
        found = detect(lines)
        if not found:
            break
        start, period, count = found
        end = start + period * count
        out = (
            lines[:start]
            + [f"--- {count}x of the following {period} lines ---"]
            + lines[start : start + period]
            + [f"--- {count - 2} identical iterations omitted ---"]
            + lines[end - period : end]
            + ["--- end repeat ---"]
            + lines[end:]
        )
        text = "".join(x + "\n" for x in out)
    return text


def make(seed, size):
    rnd = random.Random(seed)
    odd = ["", "  ", "\u2003x\u00a0", "; source line", "from 3 to 9: R0=1", "12:",
           "5: R1=ctx()", "5: frame1: R1=ctx()", "nul\0byte", "\udcff\udc80 bad",
           "7: (85) call x#1 ; frame2: R0", "3: (05) goto pc-4 9: R1=2", "a\r", "\r\r",
           "9: (05) may_goto pc+3", "8: x ; Rx ; R1"]
    out = []
    while len(out) < size:
        kind = rnd.random()
        if kind < 0.3:
            out.append(rnd.choice(odd))
        elif kind < 0.6:
            out.append(f"{rnd.randrange(9)}: (b7) r{rnd.randrange(9)} = {rnd.randrange(4)}")
        else:
            body = [rnd.choice(odd) if rnd.random() < 0.2 else
                    f"(07) r{rnd.randrange(10)} += {rnd.randrange(3)}00000"
                    for _ in range(rnd.randrange(1, 12))]
            pc = rnd.randrange(100)
            fixed = rnd.random() < 0.5
            for i in range(rnd.randrange(1, 6)):
                for k, b in enumerate(body):
                    if rnd.random() < 0.01:
                        b = "1: spoilt"
                    at = pc + k if fixed else pc + i * len(body) + k
                    note = rnd.choice(["", f"  ; R{rnd.randrange(9)}_w={i}",
                                       f" ; frame1: R1={i}"])
                    out.append(b if b in odd else f"{at}: {b}{note}")
    end = rnd.choice(["\n", "\r\n"])
    text = end.join(out)
    return text + rnd.choice(["", "\n", "\r", "\n\n"])


def check(first, last):
    """Exit 1 at the first log that the program folds otherwise."""
    folded = 0
    for seed in range(first, last):
        log = make(seed, 3 * seed).encode("utf-8", "surrogateescape")
        want = fold(log.decode("utf-8", "surrogateescape"))
        want = want.encode("utf-8", "surrogateescape")
        got = subprocess.run(
            ["ktstr-verifier", "--fold-log"], input=log, check=True,
            stdout=subprocess.PIPE,
        ).stdout  # fmt: skip
        folded += b"omitted" in got
        if got != want:
            sys.exit(f"they differ on log {seed}")
    if not folded:
        sys.exit("nothing was folded")


def main():
    if sys.argv[1:2] == ["--check"]:
        return check(int(sys.argv[2]), int(sys.argv[3]))
    if sys.argv[1:2] == ["--make"]:
        text = make(int(sys.argv[2]), int(sys.argv[3]))
    else:
        data = sys.stdin.buffer.read()
        text = fold(data.decode("utf-8", "surrogateescape"))
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    main()
