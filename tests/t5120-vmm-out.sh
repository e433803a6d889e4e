#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-vmm --out: files of the guest, back on the host
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh

t 'files, directories, and what the kernel makes up, come back' '
	guest
	cat >make <<-\END
	mkdir -p /tmp/r/sub /tmp/r/empty
	seq 100000 >/tmp/r/sub/numbers
	printf "#!/bin/sh\n" >/tmp/r/tool
	chmod 4755 /tmp/r/tool
	ln -s sub/numbers /tmp/r/link
	head -c 5000000 /dev/urandom >/tmp/random
	md5sum </tmp/random
	exit 3
	END
	exits 3 vm -t --out /tmp/r:host/deep --out /tmp/random:. \
		--out /proc/config.gz:. --out /sys/kernel/sched_ext:host \
		-- sh -c "$(cat make)" >out 2>err
	md5sum <random >got
	same out got
	[ ! -s err ]
	seq 100000 >want
	same want host/deep/r/sub/numbers
	same want host/deep/r/link
	[ -d host/deep/r/empty ]
	[ "$(stat -c %a host/deep/r/tool)" = 755 ]
	zcat config.gz | grep -q "^CONFIG_SCHED_CLASS_EXT=y"
	echo disabled >want
	same want host/sched_ext/state
	[ "$(find . -name ".ktstr-*" | wc -l)" -eq 0 ]
'

t 'what is not there, or not whole, is told, and makes a status of 0 one of 125' '
	guest
	exits 125 vm -t --out /none:. --out /tmp/r:. -- \
		sh -c "mkdir /tmp/r; echo x >/tmp/r/f; ln -s /etc /tmp/r/abs" \
		2>err
	says "\"/none\" is left out: No such file or directory" err
	says "ktstr-vmm: --out /none: the guest has not sent it" err
	says "\"/tmp/r/abs\" is left out: a link that leads outside" err
	echo x >want
	same want r/f
	[ ! -e none ]
	exits 4 vm -t --out /none:. -- sh -c "exit 4" 2>err
	says "has not sent it" err
'

t 'a relative path is one of --cwd, and a file takes the place of a file' '
	guest
	echo old >f
	vm -t --cwd /tmp --out f:. -- sh -c "echo new >f"
	echo new >want
	same want f
'

t 'a command whose time is up still leaves its files' '
	guest
	exits 124 vm -t --timeout 20 --out /tmp/f:. -- \
		sh -c "echo so far >/tmp/f; sleep 100" 2>err
	says "did not end in 20 s" err
	echo so far >want
	same want f
'

t 'a guest that sends nothing is given up, and the status is the command'\''s' '
	guest
	exits 3 vm -t --out /etc/passwd:host -- sh -c "rm /init
		printf \"#!/bin/sh\nsleep 1000\n\" >/init; chmod +x /init
		exit 3" 2>err
	says "--out /etc/passwd: the guest has not sent it" err
'

t 'a guest that ends first leaves none' '
	guest
	exits 125 vm -t --out /tmp/f:. -- sh -c "echo x >/tmp/f; reboot -f" 2>err
	says "rebooted before the command ended" err
	says "has not sent it" err
	[ ! -e f ]
'

t 'in a record, out_missing counts what did not come' '
	guest
	exits 1 vm --out /none:. --out /etc/hostname:. -- true >rec 2>err
	says "\"reason\":\"exit\",\"exit_code\":0" rec
	says "\"out_missing\":2" rec
	vm --out /proc/version:. -- true >rec 2>err
	says "\"out_missing\":0" rec
	grep -q "^Linux version" version
'

t 'a guest that packs what is forbidden gets nothing out' '
	guest
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	python3 - <<-\END
	import tarfile
	tar = tarfile.open("evil.tar", "w")
	for name, link in ("out/l", "/"), ("out/l/etc/evil", None):
	    info = tarfile.TarInfo(name)
	    if link:
	        info.type, info.linkname = tarfile.SYMTYPE, link
	    tar.addfile(info)
	tar.close()
	END
	# An init of the guest that lies: it is replaced while it runs.
	exits 125 timeout -k 5 120 ktstr-vmm -t --spec "$guest" \
		--out /tmp/x:host -- sh -c "cat >/evil.tar; rm /init
		printf \"#!/bin/sh\ncat /evil.tar\n\" >/init; chmod +x /init" \
		<evil.tar 2>err
	says "leads outside" err
	[ "$(find host -mindepth 1 | wc -l)" -eq 0 ]
'

end
