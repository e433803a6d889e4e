# SPDX-License-Identifier: GPL-2.0-only
"""ktstr-init as an ordinary process: the protocol, status by status (TAP)."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ports import Init  # noqa: E402

MB = 1 << 20


def eq(got, want):
    if got != want:
        raise AssertionError(f"got {got!r:.300}, want {want!r:.300}")


def hello(host):
    "it says hello, and bye to a bye"
    eq(host.wait("hello"), ["hello", "1"])


def statuses(host):
    "exit statuses are passed on, jobs one after another"
    for status in (0, 1, 3, 77, 255):
        eq(host.job("sh", "-c", f"exit {status}")[0], ("exited", status))


def signals(host):
    "death by a signal is not an exit status"
    for sig in (signal.SIGKILL, signal.SIGTERM, signal.SIGPIPE):
        eq(host.job("sh", "-c", f"kill -{sig.value} $$")[0], ("signaled", sig))


def started(host):
    "the process id it tells is the command's"
    how, out, _ = host.job("sh", "-c", "echo $$")
    eq(host.wait("started"), ["started", out.decode().strip()])


def apart(host):
    "stdout and stderr are apart, and any bytes pass"
    data = bytes(range(256))
    how, out, err = host.job("sh", "-c", "cat; echo no >&2", data=data)
    eq((out, err), (data, b"no\n"))


def pipes(host):
    "stdio is pipes and no terminal"
    how, out, _ = host.job(
        "sh", "-c", "for i in 0 1 2; do test -p /dev/fd/$i && echo p$i; done"
    )
    eq(out, b"p0\np1\np2\n")


def settings(host):
    "env and cwd are for one job, and the environment is nobody else's"
    how, out, _ = host.job(
        "sh", "-c", 'echo "$A|$HOME|$TERM|$SECRET"; pwd',
        env=["A=b c\t%\n\xe9", "HOME=/x"], cwd="/usr",
    )  # fmt: skip
    eq(out, "b c\t%\n\xe9|/x|linux|\n/usr\n".encode())
    eq(host.job("sh", "-c", 'echo "$A|$HOME"; pwd')[1], b"|/root\n/\n")


def path(host):
    "PATH is the guest's unless the host says otherwise"
    eq(
        host.job("sh", "-c", "echo $PATH")[1].split(b":")[-4:],
        [b"/bin", b"/sbin", b"/usr/bin", b"/usr/sbin\n"],
    )
    eq(host.job("true", env=["PATH=/nowhere"])[0], ("failed", 2))


def failing(host):
    "what cannot be started is told by errno, and the next job runs"
    eq(host.job("no-such-program")[0], ("failed", 2))
    eq(host.job("/etc/passwd")[0], ("failed", 13))
    eq(host.job("/")[0], ("failed", 13))
    eq(host.job("true", cwd="/no/such/dir")[0], ("failed", 2))
    eq(host.job("true")[0], ("exited", 0))


def failed_text(host):
    "the text of a failure names what it is about"
    host.say("cwd", "/no/such/dir")
    host.say("run", "true")
    eq(host.wait("failed")[2], "/no/such/dir: No such file or directory")
    host.say("run", "frob")
    eq(host.wait("failed")[2], "frob: No such file or directory")


def empty(host):
    "a command that is silent has two eofs of no bytes"
    host.say("run", "true")
    host.eof()
    eq(host.wait("exited"), ["exited", "0"])
    got = sorted([host.wait("eof"), host.wait("eof")])
    eq(got, [["eof", "stderr", "0"], ["eof", "stdout", "0"]])


def ten_megabytes(host):
    "10 MB pass through cat byte by byte"
    data = os.urandom(10 * MB)
    how, out, _ = host.job("cat", data=data)
    eq(how, ("exited", 0))
    if out != data:
        raise AssertionError(f"{len(out)} bytes differ from {len(data)}")


def slow_reader(host):
    "a host that reads slowly gets everything, and holds the command up"
    host.say("run", "sh", "-c", "head -c 3000000 /dev/zero; echo end >&2")
    host.eof()
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        host.pump(0.05, skip=("stdout",))
    if host.data["stderr"]:
        raise AssertionError("3 MB were written, and nobody read them")
    for _ in range(40):
        time.sleep(0.01)
        host.pump(0, chunk=1000)
    how, out, err = host.finish()
    eq((how, out == bytes(3000000), err), (("exited", 0), True, b"end\n"))


def slow_command(host):
    "a command that reads slowly holds the host up"
    host.say("run", "sh", "-c", "sleep 0.5; wc -c")
    end = time.monotonic() + 0.3
    taken = 0
    while time.monotonic() < end:
        try:
            taken += host.socks["stdin"].send(bytes(65536))
        except BlockingIOError:
            time.sleep(0.01)
    if taken > 2 * MB:
        raise AssertionError(f"{taken} bytes were taken off our hands")
    host.sent = taken
    host.eof()
    eq(host.finish()[1].strip(), str(taken).encode())


def both_ways(host):
    "stdout and stderr flow at once, each whole"
    how, out, err = host.job(
        "sh", "-c", "head -c 2000000 /dev/zero >&2 & head -c 2000000 /dev/zero;"
        " wait"
    )  # fmt: skip
    eq((len(out), len(err)), (2000000, 2000000))


def unread(host):
    "input a command does not read is not the next one's"
    how, _, _ = host.job("true", data=bytes(MB))
    eq(how, ("exited", 0))
    eq(host.job("cat", data=b"mine")[1], b"mine")


def unread_held(host):
    "nor is what a child it left behind holds, and does not read"
    script = "exec 3<&0; trap '' TERM; sleep 30 <&3 >&- 2>&- & trap - TERM"
    host.say("run", "sh", "-c", script + "; echo $!; wait")
    until(host, b"\n")
    host.feed(bytes(150000))
    host.say("signal", "15")
    host.eof()
    how, out, _ = host.finish()
    try:
        eq(how, ("signaled", 15))
        eq(host.job("cat", data=b"mine", timeout=5)[1], b"mine")
    finally:
        os.kill(int(out), signal.SIGKILL)


def early_run(host):
    "a run that comes before the last job's eof waits for it"
    host.say("run", "true")
    eq(host.wait("exited"), ["exited", "0"])
    host.say("eof", "stdin", "5")
    host.say("run", "cat")
    host.socks["stdin"].send(b"old..new")
    host.say("eof", "stdin", "3")
    host.wait("exited")
    host.pump(0.1)
    eq(host.data["stdout"], b"new")
    host.data["stdout"] = b""
    host.messages.clear()


def eof_first(host):
    "eof may come before the bytes it counts"
    host.say("run", "cat")
    host.say("eof", "stdin", "6")
    host.wait("started")
    time.sleep(0.1)
    host.socks["stdin"].send(b"abc")
    time.sleep(0.1)
    host.socks["stdin"].send(b"def")
    eq(host.finish()[1], b"abcdef")


def busy(host):
    "a second command while one runs is refused, and harms nothing"
    host.say("run", "cat")
    host.say("run", "true")
    eq(host.wait("failed")[:2], ["failed", "16"])
    host.feed(b"still here")
    host.eof()
    eq(host.finish()[1], b"still here")


def linger(host):
    "a child left behind holds the end up for half a second, no more"
    before = time.monotonic()
    how, out, _ = host.job("sh", "-c", "sleep 30 & echo $!")
    took = time.monotonic() - before
    eq(how, ("exited", 0))
    os.kill(int(out), signal.SIGKILL)
    if not 0.4 < took < 5:
        raise AssertionError(f"it took {took} s")


FILL = """
import os, time
os.set_blocking(1, False)
n = 0
end = time.monotonic() + 0.5
while time.monotonic() < end:
    try:
        n += os.write(1, bytes(4096))
    except BlockingIOError:
        time.sleep(0.01)
os.write(2, b"%d" % n)
"""


def linger_whole(host):
    "what the command wrote is whole, however slow we are to take it"
    script = 'sleep 30 & echo $! >&2; exec "$0" -c "$1"'
    host.say("run", "sh", "-c", script, sys.executable, FILL)
    host.eof()
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        host.pump(0.05, skip=("stdout",))
    how, out, err = host.finish()
    pid, count = err.split()
    os.kill(int(pid), signal.SIGKILL)
    eq((how, len(out)), (("exited", 0), int(count)))


def group(host):
    "a signal goes to the whole group, and to nobody once it has ended"
    host.say("run", "sh", "-c", "sleep 60 & echo ready; sleep 60; :")
    while not host.data["stdout"]:
        host.pump(0.05)
    host.say("signal", "15")
    host.eof()
    before = time.monotonic()
    eq(host.finish()[0], ("signaled", 15))
    if time.monotonic() - before > 0.4:
        raise AssertionError("the sleeper in the background went on")
    host.say("signal", "9")
    host.say("signal", "x")
    host.say("signal", "99999")
    eq(host.job("true")[0], ("exited", 0))


def ping(host):
    "a ping is answered while a command runs"
    host.say("run", "sleep", "0.3")
    for word in ("1", "", "a b\t%"):
        host.say("ping", word)
        eq(host.wait("pong"), ["pong", word])
    host.eof()
    host.finish()


def hostile(host):
    "lines that are no message are warned of, unknown verbs are not"
    for line in (b"", b"\t", b"run\t\t", b"run\t%zz", b"%", b"run", b"\xff\x00"):
        host.raw(line + b"\n")
        host.wait("warning")
    host.say("env", "novalue")
    host.wait("warning")
    host.say("frobnicate", "the", "sprocket")
    host.say("eof", "stdin", "-1")
    host.say("eof", "stdin")
    host.say("eof", "stdout", "3")
    host.say("cwd")
    host.say("env")
    host.say("ping", "still there")
    eq(host.wait("pong"), ["pong", "still there"])
    eq(host.messages, [])


def long_line(host):
    "a line above the limit is dropped whole, with one warning"
    chunk = b"x" * 65536
    for _ in range(3 * MB // len(chunk)):
        host.raw(chunk)
    host.raw(b"\n")
    host.wait("warning")
    host.say("ping", "a")
    host.wait("pong")
    eq(host.messages, [])


def many_words(host):
    "a command of a thousand words gets them all"
    how, out, _ = host.job("sh", "-c", 'echo $#', "sh", *["w"] * 1000)
    eq(out, b"1000\n")


def flood(host):
    "ten thousand pings are all answered, in order"
    host.raw(b"".join(b"ping\t%d\n" % i for i in range(10000)))
    for i in range(10000):
        eq(host.wait("pong"), ["pong", str(i)])


def stdout_gone(host):
    "a host that closes stdout ends the writer"
    host.say("run", "sh", "-c", "while :; do echo y; done")
    host.wait("started")
    host.socks.pop("stdout").close()
    host.eof()
    eq(host.wait("signaled"), ["signaled", str(signal.SIGPIPE.value)])
    eq(sorted(host.wait("eof")[1] for _ in "12"), ["stderr", "stdout"])


def joined(host):
    "stderr may be stdout, in the order of writing, for one job"
    script = "echo a; echo b >&2; echo c"
    host.say("join")
    eq(host.job("sh", "-c", script)[1:], (b"a\nb\nc\n", b""))
    eq(host.job("sh", "-c", script)[1:], (b"a\nc\n", b"b\n"))


def scx(host, **files):
    for name, text in files.items():
        path = os.path.join(host.dir, name.replace("root_", "root/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(text + "\n")
        os.rename(path + ".new", path)


def attaching(host):
    "a scheduler's attaching is told once, when all three files say so"
    scx(host, state="disabled", enable_seq="4")
    host.say("attach")
    host.say("run", "sleep", "60")
    host.wait("started")
    for files in (
        {"state": "enabling"}, {"state": "enabled"}, {"root_ops": ""},
        {"state": "disabled", "enable_seq": "5"}, {"root_ops": "qmap"},
    ):  # fmt: skip
        scx(host, **files)
        host.pump(0.1)
        eq(host.messages, [])
    scx(host, state="enabled")
    eq(host.wait("attached"), ["attached", "qmap"])
    scx(host, enable_seq="6")
    host.pump(0.1)
    eq(host.messages, [])
    host.say("signal", "15")
    host.eof()
    eq(host.finish()[0], ("signaled", 15))


def next_scheduler(host):
    "a scheduler waits until the one before it is gone, other commands do not"
    scx(host, state="disabling", enable_seq="1")
    host.say("attach")
    host.say("run", "echo", "ran")
    host.pump(0.3)
    eq(host.messages, [])
    scx(host, state="disabled")
    host.eof()
    eq(host.finish()[1], b"ran\n")
    scx(host, state="disabling")
    eq(host.job("echo", "free")[1], b"free\n")


def orphans(host):
    "what a scheduler leaves behind ends with it"
    host.say("attach")
    how, out, _ = host.job("sh", "-c", "sleep 60 & echo $!")
    eq(how, ("exited", 0))
    for _ in range(50):
        try:
            with open(f"/proc/{int(out)}/stat", encoding="ascii") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except FileNotFoundError:
            return
        time.sleep(0.02)
    raise AssertionError("it lives on")


def lines(data):
    return data.replace(b"\r\n", b"\n").split(b"\n")


def hold(host):
    "Keep the line up until the command has ended: its status and output."
    end = host.wait("exited")
    host.eof()
    host.messages.append(end)
    return host.finish()


def until(host, text, timeout=20):
    "Take output until text is in it."
    end = time.monotonic() + timeout
    while text not in host.data["stdout"]:
        if time.monotonic() > end:
            raise AssertionError(f"no {text!r} in {host.data}")
        host.pump(0.05)


def terminal(host):
    "a command with a terminal has it for all three, of that size"
    host.say("terminal", "97", "31")
    host.say("run", "sh", "-c", "for i in 0 1 2; do test -t $i && echo t$i;"
             " done; stty size; test -c /dev/tty && echo mine >/dev/tty;"
             " echo err >&2; exit 9")  # fmt: skip
    how, out, err = hold(host)
    eq((how, err), (("exited", 9), b""))
    eq(lines(out), [b"t0", b"t1", b"t2", b"31 97", b"mine", b"err", b""])


def terminal_once(host):
    "the job after it has pipes again"
    host.say("terminal", "80", "24")
    host.say("run", "true")
    hold(host)
    eq(host.job("sh", "-c", "test -p /dev/fd/1 && echo pipe")[1], b"pipe\n")


def winsize(host):
    "a new size is there, and the foreground is told by SIGWINCH"
    script = "trap 'stty size; exit' WINCH; echo up; while :; do sleep 0.02; done"
    host.say("terminal", "80", "24")
    host.say("run", "sh", "-c", script)
    until(host, b"up")
    for words in (("x", "1"), ("1",), ("99999", "1"), ("-1", "2")):
        host.say("winsize", *words)
    host.say("winsize", "132", "50")
    host.wait("exited")
    host.eof()
    until(host, b"50 132")
    host.say("winsize", "1", "1")
    host.say("ping", "well")
    host.wait("pong")


def keys(host):
    "Ctrl-C and Ctrl-Z are for the foreground, and the shell survives them"
    host.say("terminal", "80", "24")
    host.say("env", "PS1=% ")
    host.say("shell")
    until(host, b"% ")
    host.feed(b"sleep 100\r")
    time.sleep(0.3)
    host.feed(b"\x03")
    host.feed(b"echo a=$?\r")
    until(host, b"a=130")
    host.feed(b"sleep 100\r")
    time.sleep(0.3)
    host.feed(b"\x1a")
    until(host, b"Stopped")
    host.feed(b"fg\r")
    time.sleep(0.3)
    host.feed(b"\x03")
    host.feed(b"exit 23\r")
    eq(hold(host)[0], ("exited", 23))


def greeting(host):
    "the shell greets, and its prompt tells the kernel"
    host.say("terminal", "80", "24")
    host.say("shell")
    until(host, b"# ")
    out = host.data["stdout"]
    release = os.uname().release.encode()
    for word in (b"Linux " + release, b"Ctrl-A x", b"ktstr " + release):
        if word not in out:
            raise AssertionError(f"no {word} in {out}")
    host.feed(b"exit 6\r")
    eq(host.wait("exited"), ["exited", "6"])


def shell_busy(host):
    "a shell while a command runs is refused, and one after it waits its turn"
    host.say("run", "cat")
    host.say("shell")
    eq(host.wait("failed")[:2], ["failed", "16"])
    host.eof()
    host.wait("exited")
    host.say("terminal", "80", "24")
    host.say("shell")
    until(host, b"# ")
    host.feed(b"exit\r")
    host.wait("exited")


def hang_up(host):
    "the end of its input hangs a terminal up"
    host.say("terminal", "80", "24")
    host.say("run", "sh", "-c", "echo up; sleep 100")
    until(host, b"up")
    host.eof()
    eq(host.finish()[0], ("signaled", 1))


def terminal_bytes(host):
    "in raw mode every byte passes a terminal, both ways"
    data = bytes(range(256)) * 4096
    host.say("terminal", "80", "24")
    host.say("run", "sh", "-c", f"stty raw -echo; echo up; head -c {len(data)}")
    until(host, b"up\n")
    host.data["stdout"] = b""
    host.feed(data)
    host.wait("exited")
    until(host, data)
    eq(len(host.data["stdout"]), len(data))


def terminal_whole(host):
    "what is written just before the end is all there"
    for _ in range(5):
        host.say("terminal", "80", "24")
        host.say("run", "seq", "50000")
        how, out, _ = hold(host)
        eq(lines(out), b"".join(b"%d\n" % i for i in range(1, 50001)).split(b"\n"))


def terminal_left(host):
    "who is left behind on a terminal does not hold its end up for long"
    host.say("terminal", "80", "24")
    host.say("run", "sh", "-c", "trap '' HUP; sleep 3 & echo started")
    before = time.monotonic()
    eq(hold(host)[0], ("exited", 0))
    if time.monotonic() - before > 2:
        raise AssertionError("it did")


def main():
    tests = [
        hello, statuses, signals, started, apart, pipes, settings, path,
        failing, failed_text, empty, ten_megabytes, slow_reader, slow_command,
        both_ways, unread, unread_held, early_run, eof_first, busy, linger,
        linger_whole, group, ping, hostile, long_line, many_words, flood, stdout_gone,
        joined, attaching, next_scheduler, orphans,
        terminal, terminal_once, winsize, keys, greeting, shell_busy, hang_up,
        terminal_bytes, terminal_whole, terminal_left,
    ]  # fmt: skip
    os.environ["SECRET"] = "of the host"
    serial = sys.argv[1:] == ["serial"]
    if serial:
        # There the host cannot close a port.
        tests.remove(stdout_gone)
    bad = 0
    for nr, test in enumerate(tests, 1):
        try:
            with Init(serial=serial) as host:
                if test is not hello:
                    host.wait("hello")
                test(host)
            print(f"ok {nr} - {test.__doc__}", flush=True)
        except Exception as why:  # pylint: disable=broad-except
            bad += 1
            print(f"not ok {nr} - {test.__doc__}\n# {why!r:.2000}", flush=True)
    print(f"1..{len(tests)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
