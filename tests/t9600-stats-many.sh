#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-stats on more files than a directory should have
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

t 'a hundred thousand sidecars are read' '
	mkdir d
	python3 - "$fix/sidecars" <<-\EOF
	import os, sys
	names = sorted(os.listdir(sys.argv[1]))
	text = [open(os.path.join(sys.argv[1], n)).read() for n in names if n.startswith("plain")]
	for i in range(100000):
	    part = "d/%02d" % (i // 20000)
	    if i % 20000 == 0:
	        os.mkdir(part)
	        for k, t in enumerate(text): open(part + "/%d.ktstr.json" % k, "w").write(t)
	    elif i % 20000 >= 5:
	        os.link(part + "/%d.ktstr.json" % (i % 5), part + "/%d.ktstr.json" % i)
	EOF
	ktstr-stats sidecars --dir d --strict >out
	python3 - out <<-\END
	import json, sys
	r = json.loads(open(sys.argv[1]).readline())
	assert r["schema"] == "ktstr.summary/1", r
	assert r["sidecars"] == r["passed"] == 100000, r
	END
'

end
