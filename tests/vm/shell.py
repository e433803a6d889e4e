# SPDX-License-Identifier: GPL-2.0-only
"""cargo ktstr shell as a person has it (TAP). Arguments: what to run."""
import hashlib
import multiprocessing
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from person import Terminal, eq  # noqa: E402

SHELL = sys.argv[1:]


def shell(*args):
    return Terminal(SHELL + list(args))


def greets(term):
    "it greets, and says how to leave"
    text = term.prompt().decode()
    for word in ("Linux ", "2 CPUs", "Ctrl-A x", "/include-files: probe*"):
        if word not in text:
            raise AssertionError(f"no {word!r} in {text!r}")
    eq(term.becomes_raw(), True)


def knows(term):
    "size, TERM, --env, --cwd and a controlling terminal are there"
    eq(term.run(b"stty size"), "30 100\r\n")
    eq(term.run(b'echo "$TERM $COLORTERM $A"; pwd'),
       "xterm-test truecolor b c\r\n/include-files\r\n")  # fmt: skip
    eq(term.run(b"tty; echo x >/dev/tty; probe"),
       "/dev/pts/0\r\nx\r\nprobed\r\n")  # fmt: skip


def follows(term):
    "it follows the window"
    term.resize(77, 22)
    time.sleep(0.5)
    eq(term.run(b"stty size"), "22 77\r\n")


def interrupts(term):
    "Ctrl-C ends what runs, and not the shell"
    term.type(b"sleep 1000\r")
    time.sleep(1)
    term.type(b"\x03")
    term.prompt()
    eq(term.run(b"echo $?"), "130\r\n")


def suspends(term):
    "Ctrl-Z stops what runs, and fg and bg have it back"
    term.type(b"sleep 1000\r")
    time.sleep(1)
    term.type(b"\x1a")
    term.until(b"^Z")
    term.prompt()
    if "Stopped" not in term.run(b"jobs"):
        raise AssertionError("there is no stopped job")
    term.type(b"fg\r")
    time.sleep(1)
    term.type(b"\x03")
    term.prompt()
    eq(term.run(b"jobs"), "")


def literal(term):
    "Ctrl-A a is a Ctrl-A for the guest, and any other pair is itself"
    term.type(b"stty raw -echo; echo ready; head -c 6 | hexdump -C; stty sane\r")
    term.until(b"ready\n")
    term.type(b"\x01a\x01\x01\x01b\x01")
    term.type(b"c")
    got = term.prompt()
    if b"01 01 01 62 01 63" not in got:
        raise AssertionError(got)


def pastes(term):
    "a paste of 200 kB arrives whole"
    data = bytes(range(32, 127)) * 2200
    term.type(b"stty raw -echo; echo ready; head -c %d | md5sum;" % len(data)
              + b" stty sane\r")  # fmt: skip
    term.until(b"ready\n")
    for at in range(0, len(data), 1000):
        term.type(data[at : at + 1000])
        term.pump(0)
    term.until(hashlib.md5(data).hexdigest().encode())
    term.prompt()


def prints(term):
    "a long output is whole, to the last line before the end"
    term.type(b"seq 20000; exit 23\r")
    status = term.end()
    lines = term.out.split(b"\r\n")
    eq(lines[1:], [b"%d" % i for i in range(1, 20001)] + [b""])
    eq(status, 23)


def gives_back(term):
    "the shell's status is ours, and the terminal is given back"
    eq(term.restored(), True)


STEPS = [
    greets, knows, follows, interrupts, suspends, literal, pastes, prints,
    gives_back,
]  # fmt: skip


def escape(term):
    term.prompt()
    term.type(b"sleep 100\r\x01x")
    return 0


def escape_boot(term):
    time.sleep(1)
    term.type(b"\x01x")
    return 0


def interrupt_boot(term):
    time.sleep(1)
    term.type(b"\x03")
    return -signal.SIGINT


def panic(term):
    term.prompt()
    term.type(b"echo c >/proc/sysrq-trigger\r")
    return 125


def poweroff(term):
    term.prompt()
    term.type(b"poweroff -f\r")
    return 125


def ends_by(sig, who):
    def end(term):
        term.prompt()
        os.kill(term.child(who), sig)
        return 128 + sig if who == "ktstr-vmm" else -sig

    return end


def suspended(term):
    "By somebody, as Ctrl-Z is the guest's; and it goes on."
    term.prompt()
    vmm = term.child("ktstr-vmm")
    for _ in range(2):
        os.kill(vmm, signal.SIGTSTP)
        eq(term.stopped(vmm), True)
        eq(term.restored(), True)
        os.kill(vmm, signal.SIGCONT)
        eq(term.becomes_raw(), True)
        eq(term.run(b"echo back"), "back\r\n")
    term.type(b"exit 9\r")
    return 9


ENDS = [
    ("Ctrl-A x", escape),
    ("Ctrl-A x while it boots", escape_boot),
    ("Ctrl-C while it boots", interrupt_boot),
    ("a panic of the guest", panic),
    ("the guest's power-off", poweroff),
    ("a suspension and SIGCONT", suspended),
    ("SIGTERM", ends_by(signal.SIGTERM, "ktstr-vmm")),
    ("SIGINT", ends_by(signal.SIGINT, "ktstr-vmm")),
    ("SIGHUP", ends_by(signal.SIGHUP, "ktstr-vmm")),
    ("abort", ends_by(signal.SIGABRT, "ktstr-vmm")),
    ("SIGKILL to the machine", ends_by(signal.SIGKILL, "ktstr-vmm")),
    ("SIGTERM to the front-end", ends_by(signal.SIGTERM, "cargo-ktstr")),
]


def try_end(i):
    """Why the terminal is not what it was, or None."""
    try:
        term = shell()
        want = ENDS[i][1](term)
        eq(term.end(), want)
        eq(term.restored(), True)
    except Exception as why:  # pylint: disable=broad-except
        return f"{why!r:.2000}"
    return None


def try_session():
    """Each step of one session: its name, and why it is not so, or None."""
    term = shell("--topology", "1,2,1", "-i", "probe", "--env", "A=b c",
                 "--cwd", "/include-files")  # fmt: skip
    for step in STEPS:
        try:
            step(term)
            yield step.__doc__, None
        except Exception as why:  # pylint: disable=broad-except
            yield step.__doc__, f"{why!r:.2000}"


def main():
    os.environ.update(TERM="xterm-test", COLORTERM="truecolor")
    results = list(try_session())
    # A boot is mostly waiting when there is more than one processor.
    with multiprocessing.Pool(3) as pool:
        why = pool.map(try_end, range(len(ENDS)), 1)
    results += [
        (f"after {end[0]} the terminal is what it was", why[i])
        for i, end in enumerate(ENDS)
    ]
    for nr, (name, why) in enumerate(results, 1):
        print(f"ok {nr} - {name}" if why is None else
              f"not ok {nr} - {name}\n# {why}")  # fmt: skip
    print(f"1..{len(results)}")
    return any(why is not None for _, why in results)


if __name__ == "__main__":
    sys.exit(main())
