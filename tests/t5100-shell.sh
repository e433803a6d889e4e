#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cargo ktstr shell --exec: the front-end, a real kernel, a real guest
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

# shell ARGS...: cargo ktstr shell on the test kernel, never for ever
shell() {
	timeout -k 5 150 env KTSTR_CACHE_DIR="$kernels" \
		cargo-ktstr ktstr shell --kernel "$key" "$@"
}

# need: skip unless there is a kernel to boot; set $key
need() {
	guest
	key=$(sed -n 's/.*"key":"\([^"]*\)".*/\1/p' "$guest")
}

t 'status, stdin, stdout and stderr are those of the command' '
	need
	exits 3 shell --exec "cat; echo err >&2; exit 3" >out 2>err <<-\END
	line one
	END
	echo "line one" >want
	same want out
	echo err >want
	same want err
'

t 'what --explain prints, pasted into bash, does the same' '
	need
	command -v bash >/dev/null || { echo "no bash"; exit 77; }
	KTSTR_CACHE_DIR=$kernels
	export KTSTR_CACHE_DIR
	cargo-ktstr --explain shell --kernel "$key" --topology 1,2,1 \
		--exec "nproc; exit 5" >line
	exits 5 timeout 150 bash line >a
	exits 5 shell --topology 1,2,1 --exec "nproc; exit 5" >b
	same a b
	echo 2 >want
	same want a
'

t 'a script, a directory and a program with libraries can be brought along' '
	need
	command -v bash >/dev/null || { echo "no bash"; exit 77; }
	printf "#!/bin/sh\necho script \"\$@\"\n" >probe
	chmod +x probe
	mkdir -p data/sub
	echo deep >data/sub/file
	shell -i ./probe -i data -i bash --exec \
		"/include-files/probe a b; cat /include-files/data/sub/file
		bash -c \"echo bash \\\${BASH_VERSION%%.*}\"" >got
	says "script a b" got
	says deep got
	says "bash $(bash -c "echo \${BASH_VERSION%%.*}")" got
'

t 'the guest has what a scheduler needs' '
	need
	shell --topology 2,2,1 --exec "
		cat /sys/kernel/sched_ext/state
		ls /sys/kernel/btf/vmlinux
		cut -d\" \" -f 2,3 /proc/mounts
		ls /sys/kernel/debug/sched /sys/kernel/tracing/events/sched_ext
		cat /sys/devices/system/node/online
		zcat /proc/config.gz | grep SCHED_CLASS_EXT" >got
	says disabled got
	says /sys/kernel/btf/vmlinux got
	says "/sys/fs/cgroup cgroup2" got
	says "/sys/fs/bpf bpf" got
	says "/dev/pts devpts" got
	says sched_ext_dump got
	says features got
	says 0-1 got
	says CONFIG_SCHED_CLASS_EXT=y got
'

t 'a guest that panics is 125, and says so in a line' '
	need
	exits 125 shell --exec "echo c >/proc/sysrq-trigger; sleep 60" \
		>out 2>err
	says panic err
	[ ! -s out ]
'

t 'a terminal is as it was after SIGINT in the middle of a boot' '
	need
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	cat >drive.py <<-\END
	import os, pty, signal, sys, termios, time
	pid, fd = pty.fork()
	if pid == 0:
	    os.execvp("sh", ["sh", "-c", os.environ["LINE"]])
	before = termios.tcgetattr(fd)
	time.sleep(1)
	os.write(fd, b"\x03")
	deadline = time.time() + 30
	status = None
	while time.time() < deadline:
	    done, status = os.waitpid(pid, os.WNOHANG)
	    if done:
	        break
	    time.sleep(0.05)
	else:
	    os.kill(pid, signal.SIGKILL)
	    sys.exit("still there after SIGINT")
	after = termios.tcgetattr(fd)
	print("same terminal" if before == after else "another terminal")
	print("signal", os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
	END
	LINE="exec env KTSTR_CACHE_DIR=$kernels cargo-ktstr shell --kernel $key --exec \"sleep 100\"" \
		python3 drive.py >got
	says "same terminal" got
	grep -qE "^signal (2|130)$" got || { cat got; exit 1; }
	exits 1 pgrep -f "$XDG_CACHE_HOME/ktstr/initramfs" >left
'

end
