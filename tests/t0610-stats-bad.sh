#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-stats sidecars: bad input, file by file
. "${0%/*}/lib.sh"
car=$fix/sidecars/steady_two_cells.ktstr.json

# edit NAME PYTHON: a sidecar in d/, changed: "o" is the object, "s" the text
edit() {
	mkdir -p d
	python3 - "$car" "d/$1.ktstr.json" "$2" <<-'END'
		import json, sys
		o = json.load(open(sys.argv[1]))
		s = None
		exec(sys.argv[3])
		if s is None:
		    s = json.dumps(o)
		open(sys.argv[2], "wb").write(s if isinstance(s, bytes) else s.encode())
	END
}

# refused TEXT: the one file in d/ is left out, for a reason that has TEXT
refused() {
	ktstr-stats sidecars --dir d >out 2>err
	[ ! -s out ]
	[ "$(grep -c 'skipped: ' err)" -eq 1 ]
	says "$1" err
	exits 1 ktstr-stats sidecars --dir d --strict >out 2>err
	rm -r d
}

# taken [JQ-LIKE PYTHON]: the one file in d/ is read; "r" maps schema to records
taken() {
	ktstr-stats sidecars --dir d --strict >out 2>err
	[ ! -s err ] || { cat err; return 1; }
	python3 - out "${1:-True}" <<-'END'
		import json, sys
		r = {}
		for line in open(sys.argv[1]):
		    x = json.loads(line, parse_constant=lambda c: 1 / 0)
		    r.setdefault(x["schema"].split(".")[1].split("/")[0], []).append(x)
		mean = r["dimension"][0]["mean"]
		assert eval(sys.argv[2]), (sys.argv[2], r)
	END
	rm -r d
}

t 'a file cut at any byte is refused, with a reason' '
	mkdir d
	python3 - "$fix/sidecars/plain_a.ktstr.json" "$car" <<-\EOF
	import json, sys
	for k, name in enumerate(sys.argv[1:]):
	    text = json.dumps(json.load(open(name)))
	    for i in range(len(text)):
	        open("d/cut-%d-%05d.ktstr.json" % (k, i), "w").write(text[:i])
	EOF
	n=$(ls d | wc -l)
	[ "$n" -gt 2000 ]
	ktstr-stats sidecars --dir d >out 2>err
	[ ! -s out ]
	[ "$(grep -c "skipped: .*unexpected end" err)" -eq "$n" ]
	says "$n of $n sidecars in \"d\" could not be read" err
'

t 'what is required must be there, and not null' '
	for m in test_name topology scheduler passed stats stimulus_events; do
		edit x "del o[\"$m\"]"
		refused "member \"$m\" is missing"
		edit x "o[\"$m\"] = None"
		refused "member \"$m\" is not"
	done
	for m in cgroups total_workers total_cpus total_migrations worst_spread \
		worst_gap_ms worst_gap_cpu; do
		edit x "del o[\"stats\"][\"$m\"]"
		refused "stats: member \"$m\" is missing"
	done
	edit x "del o[\"stats\"][\"cgroups\"][1][\"spread\"]"
	refused "stats: cgroups 1: member \"spread\" is missing"
	edit x "del o[\"monitor\"][\"event_deltas\"][\"fallback_rate\"]"
	refused "monitor: event_deltas: member \"fallback_rate\" is missing"
	edit x "del o[\"kvm_stats\"][\"per_vcpu\"]"
	refused "kvm_stats: member \"per_vcpu\" is missing"
	edit x "del o[\"verifier_stats\"][2][\"verified_insns\"]"
	refused "verifier_stats 2: member \"verified_insns\" is missing"
	edit x "del o[\"stimulus_events\"][0][\"label\"]"
	refused "stimulus_events 0: member \"label\" is missing"
'

t 'what has a default may be missing, but not null' '
	for m in work_type verifier_stats; do
		edit x "del o[\"$m\"]"
		taken
		edit x "o[\"$m\"] = None"
		refused "member \"$m\" is not"
	done
	for m in worst_migration_ratio p99_wake_latency_us wake_latency_cv \
		total_iterations mean_run_delay_us; do
		edit x "del o[\"stats\"][\"$m\"]"
		taken
		edit x "o[\"stats\"][\"$m\"] = None"
		refused "stats: member \"$m\" is not"
	done
'

t 'what is optional may be missing or null' '
	for m in monitor kvm_stats; do
		edit x "del o[\"$m\"]"
		taken
		edit x "o[\"$m\"] = None"
		taken
	done
	edit x "o[\"monitor\"][\"event_deltas\"] = None"
	taken "mean[\"fallback\"] == 0"
	edit x "o[\"stimulus_events\"][0] = {\"elapsed_ms\": 1, \"label\": \"a\"}"
	taken
'

t 'unknown members are left alone, whatever is in them' '
	edit x "o[\"new\"] = {\"a\": [1, None, {\"b\": \"\\\\\\\\ \\\" \\u00e9\"}], \"c\": 1e300}"
	taken
	edit x "o[\"stats\"][\"cgroups\"][0][\"new\"] = [[[[]]]]"
	taken
'

t 'a wrong type is refused' '
	edit x "o[\"passed\"] = 1"
	refused "member \"passed\" is not true or false"
	edit x "o[\"test_name\"] = 7"
	refused "member \"test_name\" is not a string"
	edit x "o[\"stats\"] = []"
	refused "member \"stats\" is not an object"
	edit x "o[\"stimulus_events\"] = {}"
	refused "member \"stimulus_events\" is not a list"
	edit x "o[\"stimulus_events\"] = [3]"
	refused "holds other than objects"
	edit x "o[\"stats\"][\"worst_spread\"] = \"1\""
	refused "member \"worst_spread\" is not a number"
	edit x "o[\"stats\"][\"ext_metrics\"] = {\"a\": True}"
	refused "member \"ext_metrics\" is not a number"
	edit x "o[\"kvm_stats\"][\"per_vcpu\"][1][\"anything\"] = 1.5"
	refused "per_vcpu 1: member \"per_vcpu\" is not an integer"
	edit x "s = \"[]\""
	refused "unexpected character"
	edit x "s = \"null\""
	refused "unexpected character"
	edit x "s = \"\""
	refused "unexpected end"
'

t 'integers have no fraction, no exponent, and fit' '
	for v in 1.0 1e3 -1 18446744073709551616 99999999999999999999999; do
		edit x "s = json.dumps(o).replace(\"\\\"worst_gap_ms\\\": 71\", \"\\\"worst_gap_ms\\\": $v\")"
		refused "member \"worst_gap_ms\" is"
	done
	edit x "o[\"stats\"][\"worst_gap_ms\"] = 2**64 - 1"
	taken "mean[\"gap_ms\"] == 2.0**64"
	edit x "o[\"verifier_stats\"][0][\"verified_insns\"] = 2**32"
	refused "out of range"
	edit x "o[\"verifier_stats\"][0][\"verified_insns\"] = 2**32 - 1"
	taken "r[\"verified\"][1][\"verified_insns\"] == 2**32 - 1"
	edit x "o[\"monitor\"][\"event_deltas\"][\"total_fallback\"] = -2**63"
	taken "mean[\"fallback\"] == -2.0**63"
	edit x "o[\"monitor\"][\"event_deltas\"][\"total_fallback\"] = -2**63 - 1"
	refused "out of range"
	edit x "o[\"monitor\"][\"event_deltas\"][\"total_fallback\"] = 2**63"
	refused "out of range"
'

t 'sums of 64-bit extremes do not wrap' '
	edit a "o[\"kvm_stats\"][\"per_vcpu\"] = [{\"exits\": 2**64 - 1, \"preemption_reported\": 2**64 - 1}] * 3"
	edit b "o[\"kvm_stats\"][\"per_vcpu\"] = [{\"exits\": 2**64 - 1}] * 2"
	ktstr-stats sidecars --dir d -t >text
	says "exits/vcpu  18446744073709551615" text
	taken "r[\"summary\"][0][\"kvm\"][\"exits\"] == 2**53 - 1"
	for n in a b c; do
		edit "$n" "o[\"stats\"][\"worst_spread\"] = 1.7e308"
	done
	taken "mean[\"spread\"] == 1.7e308"
'

t 'floats may be integers; NaN, infinity and what overflows are refused' '
	edit x "o[\"stats\"][\"worst_spread\"] = 12345678901234567890123"
	taken "mean[\"spread\"] == 12345678901234567890123.0"
	for v in NaN Infinity -Infinity 1e400 .5 1. 01 +1 0x10 1e; do
		edit x "s = json.dumps(o).replace(\"\\\"worst_spread\\\": 13.0\", \"\\\"worst_spread\\\": $v\")"
		refused "steady" || refused "x.ktstr.json"
	done
'

t 'numbers are read to the last bit' '
	python3 - >vals <<-\EOF
	import random, struct, math
	r = random.Random(5)
	n = 0
	while n < 300:
	    x = struct.unpack("d", struct.pack("Q", r.getrandbits(64)))[0]
	    if math.isfinite(x) and x > 0:
	        print(repr(x)); n += 1
	for _ in range(300):
	    print(repr(r.uniform(0, 1e6)))
	print("0.1"); print("5e-324"); print("2.2250738585072011e-308")
	print("9007199254740993"); print("0." + "0" * 400 + "1e400")
	print("123456789012345678901234567890e-10")
	EOF
	mkdir d
	python3 - "$fix/sidecars/plain_a.ktstr.json" vals <<-\EOF
	import json, sys
	text = json.dumps(json.load(open(sys.argv[1])))
	for i, v in enumerate(open(sys.argv[2])):
	    open("d/%04d.ktstr.json" % i, "w").write(text.replace("plain_a", "t%04d" % i)
	        .replace("\"worst_spread\": 4.0", "\"worst_spread\": " + v.strip()))
	EOF
	ktstr-stats sidecars --dir d --strict >out
	python3 - out vals <<-\EOF
	import json, sys
	got = {}
	for line in open(sys.argv[1]):
	    r = json.loads(line)
	    if r["schema"] == "ktstr.dimension/1" and r["by"] == "scenario":
	        got[r["name"]] = r["mean"]["spread"]
	for i, v in enumerate(open(sys.argv[2])):
	    assert got["t%04d" % i] == float(v), (v, got["t%04d" % i])
	EOF
'

t 'of a member given twice the last one counts' '
	edit x "s = json.dumps(o).replace(\"\\\"topology\\\"\", \"\\\"topology\\\": \\\"first\\\", \\\"topology\\\"\")"
	taken "r[\"dimension\"][2][\"name\"] == \"1s2c1t\""
	edit x "s = json.dumps(o)[:-1] + \", \\\"monitor\\\": null, \\\"kvm_stats\\\": {\\\"per_vcpu\\\": []}}\""
	taken "mean[\"imbalance\"] == 0 and \"callbacks\" not in r and r[\"summary\"][0][\"kvm\"][\"exits\"] == 0"
	edit x "s = json.dumps(o)[:-1] + \", \\\"verifier_stats\\\": [{\\\"name\\\": \\\"p\\\", \\\"verified_insns\\\": 3}]}\""
	taken "[v[\"program\"] for v in r[\"verified\"]] == [\"p\"]"
'

t 'text that is not JSON is refused' '
	edit x "s = json.dumps(o) + \"x\""
	refused "text behind the object"
	edit x "s = b\"\\xef\\xbb\\xbf\" + json.dumps(o).encode()"
	refused "unexpected character"
	edit x "s = json.dumps(o).replace(\"steady\", \"st\\teady\")"
	refused "control character"
	edit x "s = json.dumps(o).replace(\"steady\", \"st\\\\ud800eady\")"
	refused "escape that is no character"
	edit x "s = json.dumps(o).replace(\"steady\", \"st\\\\u0000eady\")"
	refused "escape that is no character"
	edit x "s = json.dumps(o).encode().replace(b\"steady\", b\"st\\xffeady\")"
	refused "not UTF-8"
	edit x "s = json.dumps(o).encode().replace(b\"steady\", b\"st\\xed\\xa0\\x80eady\")"
	refused "not UTF-8"
	edit x "s = json.dumps(o).encode().replace(b\"steady\", b\"st\\x00eady\")"
	refused "control character"
	edit x "s = json.dumps(o).replace(\"\\\"\", chr(39))"
	refused "unexpected character"
	edit x "s = json.dumps(o)[:-1] + \", \\\"new\\\": \" + \"[\" * 200 + \"]\" * 200 + \"}\""
	refused "too deep"
	edit x "s = json.dumps(o)[:-1] + \", \\\"new\\\": \" + \"[\" * 127 + \"]\" * 127 + \"}\""
	taken
	edit x "s = json.dumps(o)[:-1] + \",}\""
	refused "unexpected character"
'

t 'names in any script are names; escapes are what they stand for' '
	edit x "o[\"test_name\"] = \"caf\\u00e9 \\U0001f600 \\\\ \\\" /\""
	taken "r[\"dimension\"][0][\"name\"] == \"caf\\u00e9 \\U0001f600 \\\\ \\\" /\""
	edit x "o[\"test_name\"] = \"\\u00e9\" * 10"
	ktstr-stats sidecars --dir d -t >out
	says "  éééééééééé                1/1 passed" out
'

t 'a name of 10 MB is refused, one of 4096 bytes taken' '
	edit x "o[\"test_name\"] = \"n\" * 10000000"
	refused "member \"test_name\" is longer than 4096 bytes"
	edit x "o[\"test_name\"] = \"n\" * 4096"
	taken "len(r[\"dimension\"][0][\"name\"]) == 4096"
	edit x "o[\"new\"] = \"n\" * 10000000"
	taken
	edit x "o[\"new\"] = \"n\" * 34000000"
	refused "larger than 33554432 bytes"
'

t 'names cannot steer a terminal, nor break out of XML, HTML or Markdown' '
	edit x "o[\"test_name\"] = \"\\u001b[31m<script>alert(1)</script>&\\\"|\\u009bz\\nq\"; o[\"passed\"] = False"
	for f in text markdown junit html; do
		ktstr-stats sidecars --dir d --format $f >$f
		[ "$(tr -d "\\n" <$f | tr -dc "\\033" | wc -c)" -eq 0 ]
	done
	says "\\x1b[31m<script>alert(1)</script>&\"|\\xc2\\x9bz\\x0aq" text
	says "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;|zq" html
	! grep -q "<script" html
	! grep -q "<script" markdown
	says "&#60;script&#62;" markdown
	python3 -c "
import sys, xml.dom.minidom
x = xml.dom.minidom.parse(\"junit\")
n = x.getElementsByTagName(\"testcase\")[0].getAttribute(\"name\")
assert n.startswith(\"[31m<script>\"), n"
'

t 'paths that are not UTF-8 leave every form of report UTF-8, and XML' '
	edit x "pass"
	d=$(printf "d\\377\\302")
	mv d "$d"
	mv "$d/x.ktstr.json" "$d/$(printf "caf\\351\\302\\205.ktstr.json")"
	echo "{" >"$d/$(printf "b\\351.ktstr.json")"
	for f in text json markdown junit html; do
		ktstr-stats sidecars --dir "$d" --baseline "$d" --format $f >$f 2>err
		python3 -c "import sys; open(sys.argv[1], encoding=\"utf-8\").read()" $f
	done
	says "Changes since d\\xff\\xc2" html
	says "Changes since d\\xff\\xc2" markdown
	python3 - <<-\EOF
	import xml.dom.minidom
	x = xml.dom.minidom.parse("junit")
	suites = [s.getAttribute("name") for s in x.getElementsByTagName("testsuite")]
	assert suites == ["d\\xff\\xc2", "changes since d\\xff\\xc2"], suites
	cases = x.getElementsByTagName("testcase")
	assert cases[0].getAttribute("file") == "caf\\xe9.ktstr.json"
	assert cases[1].getAttribute("name") == "b\\xe9.ktstr.json"
	EOF
'

t 'no permission is a warning that says so' '
	edit x "pass"
	edit y "pass"
	chmod 0 d/x.ktstr.json
	[ "$(id -u)" -ne 0 ] || {
		# Root may read anything; a plain user may be asked instead.
		command -v setpriv >/dev/null || { echo "no setpriv"; exit 77; }
		chmod 755 . .. ; chmod 755 d
		run="setpriv --reuid 65534 --clear-groups --inh-caps=-all"
		$run test -r d/y.ktstr.json || { echo "another user cannot get here"; exit 77; }
	}
	${run:-} ktstr-stats sidecars --dir d >out 2>err
	says "cannot open \"x.ktstr.json\": Permission denied" err
	says "\"sidecars\":1,\"unreadable\":1" out
'

t 'links are followed; loops, FIFOs and dead links are warnings' '
	edit x "pass"
	mkdir elsewhere
	sed s/steady_two/linked_two/ "$car" >elsewhere/l.ktstr.json
	ln -s ../elsewhere d/sub
	ln -s . d/loop
	ln -s loop.ktstr.json d/loop.ktstr.json
	ln -s nowhere d/dead.ktstr.json
	mkfifo d/fifo.ktstr.json
	ktstr-stats sidecars --dir d >out 2>err
	says "\"sidecars\":2,\"unreadable\":3" out
	says "loop.ktstr.json\": Too many levels of symbolic links" err
	says "dead.ktstr.json\": No such file" err
	says "fifo.ktstr.json\" is not a regular file" err
'

t 'files that vanish while they are read are warnings, never a crash' '
	mkdir d
	for i in $(seq 300); do cp "$car" d/$i.ktstr.json; done
	for k in 1 2 3; do
		(for i in $(seq 300); do rm -f d/$i.ktstr.json; done) &
		ktstr-stats sidecars --dir d >out 2>err
		wait
		for i in $(seq 300); do cp "$car" d/$i.ktstr.json; done
	done
	ktstr-stats sidecars --dir d --strict >out
	says "\"sidecars\":300," out
'

t 'only *.json whose path has .ktstr. is read, one directory deep' '
	mkdir -p d/sub/deep d/a.ktstr.b
	for f in d/a.ktstr.json d/sub/b.ktstr.json d/a.ktstr.b/plain.json \
		d/sub/deep/c.ktstr.json d/x.json d/x.ktstr.txt d/.json \
		d/.ktstr.json d/x.ktstr.json~; do
		cp "$car" "$f"
	done
	mkdir d/dir.ktstr.json
	ktstr-stats sidecars --dir d --strict >out
	says "\"sidecars\":4," out
	mv d e.ktstr.f
	ktstr-stats sidecars --dir e.ktstr.f --strict >out
	says "\"sidecars\":5," out
'

t 'no sidecars is a notice and no failure, unless something is to be proved' '
	mkdir d
	for dir in d none; do
		for f in text json markdown junit html; do
			ktstr-stats sidecars --dir $dir --format $f >out 2>err
			[ ! -s out ]
			[ "$(wc -l <err)" -eq 1 ]
		done
		exits 1 ktstr-stats sidecars --dir $dir --strict 2>err
		exits 1 ktstr-stats sidecars --dir $dir --fail-on failure 2>err
	done
	says "\"none\": No such file" err
'

t 'a full disk behind stdout is an error, whatever the form' '
	[ -e /dev/full ] || { echo "no /dev/full"; exit 77; }
	for f in text json markdown junit html; do
		exits 4 ktstr-stats sidecars --dir "$fix/sidecars" --format $f >/dev/full 2>err
		says "cannot write to standard output" err
	done
'

end
