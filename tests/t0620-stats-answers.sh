#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-stats: outlier methods, baselines, gates, forms, directories, records
. "${0%/*}/lib.sh"

# runs DIR PYTHON: write sidecars to DIR; put(test, topology, **changes) does it
runs() {
	mkdir -p "$1"
	python3 - "$1" "$fix/sidecars/plain_a.ktstr.json" "$2" <<-'END'
		import json, os, sys
		nr = 0
		def put(test, topology="1s2c1t", passed=True, stalled=None, root={}, **stats):
		    global nr
		    o = json.load(open(sys.argv[2]))
		    o.update(test_name=test, topology=topology, passed=passed, **root)
		    o["stats"].update(stats)
		    if stalled is not None:
		        o["monitor"] = dict(total_samples=9, max_imbalance_ratio=1.0,
		            max_local_dsq_depth=0, stall_detected=stalled)
		    nr += 1
		    json.dump(o, open(os.path.join(sys.argv[1], "%06d.ktstr.json" % nr), "w"))
		exec(sys.argv[3])
	END
}

# of SCHEMA PYTHON: a fact about the records "r" of that schema in out
of() {
	python3 - out "$1" "$2" <<-'END'
		import json, sys
		r = [x for x in map(json.loads, open(sys.argv[1]))
		     if x["schema"] == "ktstr.%s/1" % sys.argv[2]]
		assert eval(sys.argv[3]), r
	END
}

t 'five sidecars cannot have an outlier by sigma, six can' '
	runs d "
for i in range(4): put(\"t%d\" % i)
put(\"far\", worst_spread=1e6)"
	ktstr-stats sidecars --dir d -t >out
	says "No outliers detected." out
	runs d "
for i in range(5): put(\"t%d\" % i)
put(\"far\", worst_spread=1e6)"
	ktstr-stats sidecars --dir d -t >out
	says "  far + : spread 1000000.0 (overall avg 166670.0, +2.0σ)" out
'

t 'equal runs are no outliers, whatever their number' '
	runs d "
for i in range(50): put(\"t%d\" % i, worst_spread=12.4, p99_wake_latency_us=0.1)"
	for m in sigma mad; do
		ktstr-stats sidecars --dir d --outliers $m -t >out
		says "No outliers detected." out
	done
'

t 'by median, one outlier does not hide another' '
	runs d "
for i in range(20): put(\"t%02d\" % i, worst_spread=10 + i % 5)
put(\"far\", worst_spread=1000)
put(\"farther\", worst_spread=100000)"
	ktstr-stats sidecars --dir d >out
	of outlier "[o[\"scenario\"] for o in r] == [\"farther\"]"
	ktstr-stats sidecars --dir d --outliers mad >out
	of outlier "[o[\"scenario\"] for o in r] == [\"farther\", \"far\"]"
	of outlier "r[0][\"centre\"] == 12 and abs(r[0][\"deviation\"] - 1.4826022) < 1e-6"
	of summary "r[0][\"outlier_method\"] == \"mad\""
'

t 'where the median deviation is 0, the mean one is taken' '
	runs d "
for i in range(20): put(\"t%02d\" % i, worst_spread=10)
put(\"far\", worst_spread=1000)"
	ktstr-stats sidecars --dir d --outliers mad >out
	of outlier "[o[\"scenario\"] for o in r] == [\"far\"]"
	of outlier "abs(r[0][\"deviation\"] - 990 / 21 * 1.2533141373155) < 1e-9"
'

t 'figures are those that Python computes' '
	runs d "
import random
r = random.Random(1)
for i in range(300): put(\"t%d\" % (i % 7), \"%ds2c1t\" % (i % 3), worst_spread=r.gauss(20, 9), worst_gap_ms=r.randrange(500) * (9 if i % 7 == 3 else 1))"
	ktstr-stats sidecars --dir d >out
	python3 - out d <<-\EOF
	import glob, json, math, statistics as st, sys
	rows = [json.load(open(f)) for f in sorted(glob.glob(sys.argv[2] + "/*"))]
	recs = [json.loads(l) for l in open(sys.argv[1])]
	gap = [r["stats"]["worst_gap_ms"] for r in rows]
	o, = [x for x in recs if x["schema"] == "ktstr.outlier/1" and x["metric"] == "gap_ms"]
	assert o["scenario"] == "t3"
	assert math.isclose(o["deviation"], st.stdev(gap), rel_tol=1e-14)
	assert math.isclose(o["centre"], st.fmean(gap), rel_tol=1e-15)
	mine = [r["stats"]["worst_gap_ms"] for r in rows if r["test_name"] == "t3"]
	assert math.isclose(o["score"], (st.fmean(mine) - st.fmean(gap)) / st.stdev(gap), rel_tol=1e-13)
	assert o["worst_on"] == [r["topology"] for r in rows if r["test_name"] == "t3"
	    and r["stats"]["worst_gap_ms"] > o["threshold"]]
	for d in recs:
	    if d["schema"] == "ktstr.dimension/1" and d["by"] == "topology":
	        v = [r["stats"]["worst_spread"] for r in rows if r["topology"] == d["name"]]
	        assert math.isclose(d["mean"]["spread"], st.fmean(v), rel_tol=1e-15)
	EOF
'

t 'dimensions go from the worst to the best, equals by name' '
	runs d "
for n in \"beta\", \"alpha\", \"gamma\": put(n, worst_spread=7)
put(\"worse\", worst_spread=8)"
	ktstr-stats sidecars --dir d >out
	of dimension "[x[\"name\"] for x in r if x[\"by\"] == \"scenario\"] == [\"worse\", \"alpha\", \"beta\", \"gamma\"]"
'

t 'work types are a dimension of the text only if there are two' '
	runs d "put(\"a\")"
	ktstr-stats sidecars --dir d -t >out
	! grep -q "By work_type" out
	runs d "
put(\"a\")
put(\"b\", root={\"work_type\": \"YieldHeavy\"})"
	ktstr-stats sidecars --dir d -t >out
	says "By work_type:" out
	says "  YieldHeavy  " out
'

t 'later spellings are read: renamed members, flags, skipped tests' '
	runs d "
put(\"a\", worst_p99_wake_latency_us=7.0, worst_wake_latency_cv=0.5, worst_mean_run_delay_us=9.0, root={\"active_flags\": [\"llc\", \"borrow\"], \"skipped\": False, \"payload\": None, \"monitor\": None, \"kvm_stats\": None, \"host\": None, \"verifier_stats\": []})
put(\"b\", worst_spread=999.0, passed=True, root={\"skipped\": True, \"active_flags\": []})"
	ktstr-stats sidecars --dir d --strict >out
	of dimension "r[0][\"mean\"][\"p99_wake_lat_us\"] == 7 and r[0][\"mean\"][\"wake_latency_cv\"] == .5 and r[0][\"mean\"][\"mean_run_delay_us\"] == 9"
	of dimension "sorted(x[\"name\"] for x in r if x[\"by\"] == \"flags\") == [\"\", \"llc+borrow\"]"
	of summary "(r[0][\"passed\"], r[0][\"skipped\"], r[0][\"failed\"]) == (1, 1, 0)"
	ktstr-stats sidecars --dir d -t >out
	says "  b                         0/1 passed (1 skipped, 0 failed)  avg_spread=0.0%" out
	says "  1s2c1t                    1/2 passed (1 skipped, 0 failed)  avg_spread=4.0%" out
'

t 'steps: rates between events, change against the step before, worst scenario' '
	runs d "
def ev(*pairs): return {\"stimulus_events\": [{\"elapsed_ms\": ms, \"label\": \"StepStart[%d]\" % i, \"op_kind\": None, \"detail\": None, \"total_iterations\": it} for i, (ms, it) in enumerate(pairs)]}
put(\"good\", root=ev((1000, 1000), (2000, 2000), (3000, 4000)))
put(\"bad\", root=ev((1000, 1000), (2000, 3000), (3000, 3500)))
put(\"mute\", root=ev((1000, None), (2000, None)))
put(\"back\", root=ev((1000, 50), (2000, 40), (2000, 60)))
put(\"none\", root=ev())"
	ktstr-stats sidecars --dir d --strict >out
	of step "[(s[\"step\"], s[\"runs\"], s[\"rates\"]) for s in r] == [(\"settle\", 4, 3), (\"StepStart[0]\", 4, 2), (\"StepStart[1]\", 4, 2), (\"StepStart[2]\", 3, 0)]"
	of step "r[0][\"iterations_per_s\"] == (1000 + 1000 + 50) / 3"
	of step "r[1][\"iterations_per_s\"] == 1500 and r[1][\"change_ratio\"] == .5 and r[1][\"worst_scenario\"] == \"good\""
	of step "r[2][\"iterations_per_s\"] == 1250 and r[2][\"worst_scenario\"] == \"bad\" and r[2][\"worst_change_ratio\"] == -.75"
	ktstr-stats sidecars --dir d -t >out
	says "  StepStart[1]                    4         1250.0    -16.7%  bad (-75.0%)" out
'

t 'ten steps are in order of number' '
	runs d "put(\"a\", root={\"stimulus_events\": [{\"elapsed_ms\": i, \"label\": \"StepStart[%d]\" % i} for i in range(12)]})"
	ktstr-stats sidecars --dir d >out
	of step "[s[\"step\"] for s in r][1:] == [\"StepStart[%d]\" % i for i in range(12)]"
'

t 'a baseline: what is worse, better, gone and new' '
	runs old "
put(\"same\", worst_spread=10.0); put(\"worse\", worst_spread=10.0)
put(\"better\", total_iterations=1000); put(\"gone\")"
	runs new "
put(\"same\", worst_spread=10.4); put(\"worse\", worst_spread=20.0)
put(\"better\", total_iterations=2000); put(\"new\")"
	ktstr-stats sidecars --dir new --baseline old >out
	of change "[(c[\"scenario\"], c[\"metric\"], c[\"regression\"]) for c in r] == [(\"better\", \"total_iterations\", False), (\"worse\", \"spread\", True)]"
	of summary "r[0][\"baseline\"] == dict(dir_path=\"old\", compared=3, skipped=0, gone=1, new=1, regressions=1)"
	ktstr-stats sidecars --dir new --baseline old -t >out
	says "=== CHANGES SINCE old ===" out
	says "  worse  worse (1s2c1t): spread 10 -> 20 (+100.0%, noise 0, runs 1 -> 1)" out
'

t 'a rise from zero counts; so does a test that begins to fail' '
	runs old "put(\"a\", stalled=False); put(\"b\")"
	runs new "put(\"a\", stalled=True); put(\"b\", passed=False)"
	ktstr-stats sidecars --dir new --baseline old >out
	of change "[(c[\"scenario\"], c[\"metric\"], c[\"before\"], c[\"after\"], c[\"regression\"]) for c in r] == [(\"a\", \"stalls\", 0, 1, True), (\"b\", \"failed\", 0, 1, True)]"
	exits 1 ktstr-stats sidecars --dir new --baseline old --fail-on regression >out 2>err
	says "2 regressions since \"old\"" err
	ktstr-stats sidecars --dir old --baseline new --fail-on regression >out
	of change "[c[\"regression\"] for c in r] == [False, False]"
'

t 'what is within the spread of the runs is noise' '
	runs old "
for v in 10.0, 30.0: put(\"a\", worst_spread=v)"
	runs new "
for v in 35.0, 40.0: put(\"a\", worst_spread=v)"
	ktstr-stats sidecars --dir new --baseline old >out
	of change "r == []"
	runs new "
for v in 41.0, 42.0: put(\"a\", worst_spread=v)"
	ktstr-stats sidecars --dir new --baseline old >out
	of change "len(r) == 1 and r[0][\"noise\"] == 20"
'

t 'gates: each fails on its own, and the report is written all the same' '
	car=$fix/sidecars
	ktstr-stats sidecars --dir $car -t >want
	for gate in outlier failure outlier,failure; do
		exits 1 ktstr-stats sidecars --dir $car -t --fail-on $gate >got 2>err
		same want got
		[ -s err ]
	done
	runs d "put(\"a\"); put(\"b\")"
	ktstr-stats sidecars --dir d -t --fail-on outlier,failure >out
	runs d "put(\"a\", stalled=True); put(\"b\")"
	exits 1 ktstr-stats sidecars --dir d --fail-on failure >out 2>err
	says "1 test failed or stalled" err
	exits 2 ktstr-stats sidecars --dir d --fail-on regression 2>err
	says "needs --baseline" err
	exits 2 ktstr-stats sidecars --dir d --fail-on outliers 2>err
	says "unknown \"outliers\"" err
	exits 1 cargo-ktstr test-stats --dir d --fail-on failure >out 2>err
'

t 'a baseline that cannot be read is an error, not a clean slate' '
	runs d "put(\"a\")"
	exits 4 ktstr-stats sidecars --dir d --baseline none 2>err
	says "\"none\"" err
	mkdir empty
	exits 1 ktstr-stats sidecars --dir d --baseline empty --fail-on regression >out 2>err
	says "no test to compare with the baseline \"empty\"" err
'

t 'tests that were skipped are not compared, and prove nothing' '
	runs old "put(\"a\"); put(\"b\"); put(\"c\", passed=True, root={\"skipped\": True})"
	runs new "
for t in \"a\", \"b\": put(t, passed=True, root={\"skipped\": True})
put(\"c\")"
	exits 1 ktstr-stats sidecars --dir new --baseline old \
		--fail-on regression >out 2>err
	says "no test to compare with the baseline \"old\"" err
	of summary "r[0][\"baseline\"] == dict(dir_path=\"old\", compared=0, skipped=3, gone=0, new=0, regressions=0)"
	for f in text markdown html; do
		ktstr-stats sidecars --dir new --baseline old --format $f >out
		grep -qi "compared 0, skipped 3, gone 0, new 0" out
	done
	# One that has run will do.
	runs new "put(\"a\"); put(\"d\")"
	ktstr-stats sidecars --dir new --baseline old --fail-on regression >out
	of summary "r[0][\"baseline\"][\"compared\"] == 1"
'

t 'a sidecar of the baseline that cannot be read is told of, and is strict too' '
	runs old "put(\"a\"); put(\"b\", worst_spread=1.0)"
	runs new "put(\"a\"); put(\"b\", worst_spread=90.0)"
	truncate -s 100 old/000002.ktstr.json
	ktstr-stats sidecars --dir new --baseline old --fail-on regression >out 2>err
	says "1 of 2 sidecars in \"old\" could not be read" err
	exits 1 ktstr-stats sidecars --dir new --baseline old --strict \
		--fail-on regression >out 2>err
	says "1 sidecar could not be read" err
	echo "{" >new/x.ktstr.json
	exits 1 ktstr-stats sidecars --dir new --baseline old --strict >out 2>err
	says "1 of 3 sidecars in \"new\" could not be read" err
	says "2 sidecars could not be read" err
'

t 'JUnit: a case per sidecar, failures, errors and skips counted' '
	cp -r "$fix/sidecars" d
	chmod -R u+w d
	echo "{" >d/broken.ktstr.json
	ktstr-stats sidecars --dir d --baseline "$fix/sidecars" --format junit >out 2>err
	python3 - out <<-\EOF
	import sys, xml.etree.ElementTree as et
	root = et.parse(sys.argv[1]).getroot()
	assert root.tag == "testsuites"
	assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("8", "1", "1")
	suite, changes = root
	assert suite.tag == changes.tag == "testsuite"
	assert suite.get("tests") == "8" and len(suite.findall("testcase")) == 8
	assert all(c.get("name") and c.get("classname") for c in suite)
	bad = suite.findall("testcase/failure")
	assert [b.get("message") for b in bad] == ["failed, stalled"]
	assert "unexpected end" in suite.find("testcase/error").get("message")
	EOF
'

t 'Markdown: every line of a table has the columns of its head' '
	ktstr-stats sidecars --dir "$fix/sidecars" --baseline "$fix/sidecars" --format markdown >out
	says "## ktstr: 6 of 7 passed, 1 failed, 1 stalled" out
	awk -F"|" "/^\\|/ { if (!n) n = NF; if (NF != n) { print; bad = 1 } next } { n = 0 } END { exit bad }" out
'

t 'HTML: one page, nothing from elsewhere, no script, plots with titles' '
	ktstr-stats sidecars --dir "$fix/sidecars" --format html >out
	! grep -qiE "<script|<link|<img|src=|href=|@import|url\\(" out
	[ "$(grep -c "<svg viewBox=.*role=\"img\"" out)" -eq 4 ]
	says "class=\"outlier\"" out
	python3 - out <<-\EOF
	import sys
	from html.parser import HTMLParser
	stack, void = [], {"meta", "!doctype"}
	class P(HTMLParser):
	    def handle_starttag(self, tag, attrs):
	        if tag not in void: stack.append(tag)
	    def handle_startendtag(self, tag, attrs): pass
	    def handle_endtag(self, tag): assert stack.pop() == tag, tag
	P().feed(open(sys.argv[1]).read())
	assert not stack, stack
	EOF
'

t 'HTML: Chromium draws it' '
	command -v chromium >/dev/null || { echo "chromium is not installed"; exit 77; }
	ktstr-stats sidecars --dir "$fix/sidecars" --format html >page.html
	HOME=$PWD timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic \
		--no-first-run --disable-background-networking --disable-component-update \
		--disable-sync --user-data-dir="$PWD/profile" --window-size=1000,1400 \
		--screenshot="$PWD/shot.png" "file://$PWD/page.html" >log 2>&1 ||
		{ cat log; echo "chromium does not run here"; exit 77; }
	python3 - shot.png <<-\EOF
	import struct, sys, zlib
	data = open(sys.argv[1], "rb").read()
	assert data[:8] == b"\x89PNG\r\n\x1a\n"
	w, h, depth, kind = struct.unpack(">IIBB", data[16:26])
	at, idat = 8, b""
	while at < len(data):
	    n, tag = struct.unpack(">I4s", data[at:at + 8])
	    if tag == b"IDAT": idat += data[at + 8:at + 8 + n]
	    at += 12 + n
	raw, step = zlib.decompress(idat), {2: 3, 6: 4}[kind]
	prev, red = bytearray(w * step), 0
	for y in range(h):
	    f, line = raw[y * (w * step + 1)], bytearray(raw[y * (w * step + 1) + 1:(y + 1) * (w * step + 1)])
	    for i in range(len(line)):
	        a = line[i - step] if i >= step else 0
	        b, c = prev[i], prev[i - step] if i >= step else 0
	        p = a + b - c
	        line[i] = (line[i] + [0, a, b, (a + b) // 2, min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]][f]) & 255
	    prev = line
	    red += sum(line[i:i + 3] == b"\xcf\x22\x2e" for i in range(0, len(line), step))
	# The diamonds of four outliers, and words in the same colour.
	assert (w, h) == (1000, 1400) and red > 150, red
	EOF
'

t 'the default directory: the environment, then the run of HEAD' '
	git init -q -b main repo
	git -C repo -c user.name=n -c user.email=e commit -q --allow-empty -m m
	h=$(git -C repo rev-parse --short=7 HEAD)
	runs repo/target/ktstr/main-$h "put(\"mine\")"
	runs elsewhere "put(\"env\")"
	mkdir -p repo/sub/dir
	cd repo/sub/dir
	ktstr-stats sidecars >out 2>err
	of dimension "r[0][\"name\"] == \"mine\""
	[ ! -s err ]
	KTSTR_SIDECAR_DIR=../../../elsewhere ktstr-stats sidecars >out
	of dimension "r[0][\"name\"] == \"env\""
	KTSTR_SIDECAR_DIR= cargo-ktstr ktstr test-stats >out
	says "  mine  " out
	git checkout -q --detach
	mv ../../target/ktstr/main-$h ../../target/ktstr/unknown-$h
	ktstr-stats sidecars >out
	of dimension "r[0][\"name\"] == \"mine\""
	git checkout -q -b feature/x
	mkdir ../../target/ktstr/feature
	mv ../../target/ktstr/unknown-$h ../../target/ktstr/feature/x-$h
	ktstr-stats sidecars >out 2>err
	of dimension "r[0][\"name\"] == \"mine\""
	[ ! -s err ]
'

t 'the default directory: unknown-unknown, then the newest, and it is told' '
	git init -q -b main repo
	git -C repo -c user.name=n -c user.email=e commit -q --allow-empty -m m
	cd repo
	h=$(git rev-parse --short=7 HEAD)
	ktstr-stats sidecars >out 2>err
	[ ! -s out ]
	says "no sidecars: no target/ktstr/main-$h" err
	exits 1 ktstr-stats sidecars --strict 2>err
	runs target/ktstr/main-1111111 "put(\"old\")"
	runs target/ktstr/main-2222222 "put(\"new\")"
	touch -d 2020-01-01 target/ktstr/main-1111111
	ktstr-stats sidecars >out 2>err
	of dimension "r[0][\"name\"] == \"new\""
	says "no target/ktstr/main-$h: reading" err
	says "there is also \"$PWD/target/ktstr/main-1111111\"" err
	runs target/ktstr/unknown-unknown "put(\"crate\")"
	touch -d 2020-01-01 target/ktstr/unknown-unknown
	ktstr-stats sidecars >out 2>err
	of dimension "r[0][\"name\"] == \"crate\""
	says "main-2222222\"" err
'

t 'the default directory outside of any repository is unknown-unknown' '
	GIT_CEILING_DIRECTORIES=$PWD
	export GIT_CEILING_DIRECTORIES
	mkdir d
	cd d
	ktstr-stats sidecars 2>err
	says "no target/ktstr/unknown-unknown" err
	runs target/ktstr/unknown-unknown "put(\"crate\")"
	ktstr-stats sidecars >out 2>err
	of dimension "r[0][\"name\"] == \"crate\""
	[ ! -s err ]
'

t 'programs: the greatest count of each, over the profiles of a scheduler' '
	cat >in <<-\EOF
	{"schema":"ktstr.program/1","scheduler":"scx_a","profile":"default","program":"enqueue","verified_insns":512,"limit":1000000,"run_cnt":10,"run_ns":1000,"load":"ok"}
	{"schema":"ktstr.program/1","scheduler":"scx_a","profile":"llc","program":"enqueue","verified_insns":800000,"limit":1000000,"load":"ok","peak_states":7}
	{"schema":"other/1", "x":1.50}
	{"schema":"ktstr.program/1","scheduler":"scx_a","profile":"llc","program":"dispatch","load":"rejected"}
	EOF
	ktstr-stats programs <in >out
	head -n 1 out >first
	echo "{\"schema\":\"other/1\", \"x\":1.50}" >want
	same want first
	of summary "(r[0][\"records\"], r[0][\"programs\"], r[0][\"rejected\"], r[0][\"near_limit\"]) == (3, 2, 1, 1)"
	of verified "[(p[\"program\"], p.get(\"verified_insns\"), p[\"profiles\"]) for p in r] == [(\"dispatch\", None, 1), (\"enqueue\", 800000, 2)]"
	of verified "r[1][\"worst_profile\"] == \"llc\" and r[1][\"least_insns\"] == 512 and r[1][\"mean_ns\"] == 100"
	ktstr-stats programs -t <in >out
	says "    enqueue                        800000    80.0% !        2        0        100  llc" out
	! grep -q other out
'

t 'runs: how they ended and how long they took' '
	{
		for ns in 5 1 4 2 3; do
			echo "{\"schema\":\"ktstr.run/1\",\"reason\":\"exit\",\"exit_code\":0,\"engine\":\"qemu\",\"boot_ns\":${ns}000000,\"topology\":\"1,2,1\"}"
		done
		echo "{\"schema\":\"ktstr.run/1\",\"reason\":\"exit\",\"exit_code\":3,\"engine\":\"qemu\",\"topology\":\"1,2,1\"}"
		echo "{\"schema\":\"ktstr.run/1\",\"reason\":\"panic\",\"engine\":\"kvm\",\"topology\":\"1,2,1\"}"
	} >in
	ktstr-stats runs <in >out
	of summary "r[0][\"reasons\"] == {\"exit\": 6, \"panic\": 1} and (r[0][\"passed\"], r[0][\"failed\"]) == (5, 2)"
	of runs "[(g[\"engine\"], g[\"runs\"], g[\"passed\"]) for g in r] == [(\"kvm\", 1, 0), (\"qemu\", 6, 5)]"
	of runs "r[1][\"boot\"] == dict(runs=5, least_ns=1000000, median_ns=3000000, p95_ns=5000000, most_ns=5000000)"
	ktstr-stats runs -t <in >out
	says "5/7 passed: exit 6, panic 1" out
'

t 'runs: what KVM has counted, a CPU and a topology' '
	run="{\"schema\":\"ktstr.run/1\",\"reason\":\"exit\",\"exit_code\":0"
	cat >in <<-EOF
	$run,"engine":"kvm","topology":"1,2,1","kvm_stats":[{"exits":100,"halt_exits":10,"halt_wait_ns":3000000,"halt_attempted_poll":4,"halt_successful_poll":3,"preemption_reported":7,"new_in_7":1},{"exits":51}]}
	$run,"engine":"kvm","topology":"1,2,1","kvm_stats":[{"exits":10},{"exits":10,"signal_exits":5}]}
	$run,"engine":"kvm","topology":"1,2,1"}
	$run,"engine":"kvm","topology":"1,1,1","kvm_stats":[{"exits":9,"hypercalls":2}]}
	$run,"engine":"qemu","topology":"2,1,1"}
	EOF
	ktstr-stats runs <in >out
	# (151/2 + 20/2) / 2, each rounded down.
	of runs "[g.get(\"kvm\") for g in r] == [dict(vms=1, exits=9, halt_exits=0, halt_wait_ns=0, preemption_reported=0, signal_exits=0, hypercalls=2, poll_ok_percent=0, preemptions=0), dict(vms=2, exits=42, halt_exits=2, halt_wait_ns=750000, preemption_reported=1, signal_exits=1, hypercalls=0, poll_ok_percent=75, preemptions=7), None]"
	ktstr-stats runs -t <in >out
	sed -n "/=== KVM/,\$p" out >got
	cat >want <<-EOF
	=== KVM STATS (avg of a vCPU) ===

	  topology        exits    halts  wait ms polls ok preempted  signals hypercalls
	  1,1,1               9        0      0.0     0.0%         0        0          2
	  1,2,1              42        2      0.8    75.0%         1        1          0

	  WARNING: 7 host preemptions detected -- timing results may be unreliable
	EOF
	same want got
	sed "s/.\"kvm_stats.*/}/" in | ktstr-stats runs -t >out
	! grep KVM out
	for bad in 1 "{}" "[1]" "[{\"exits\":-1}]" "[{\"exits\":1},null]"; do
		echo "$run,\"kvm_stats\":$bad}" >in
		exits 1 ktstr-stats runs <in >out 2>err
		says kvm_stats err
		of summary "r[0][\"records\"] == 0"
	done
'

t 'programs and runs: a bad record is an error in its place, the rest counts' '
	for sub in programs runs; do
		one={\"schema\":\"ktstr.${sub%s}/1\"
		printf "%s\n" "$one}" "$one,\"program\":\"p\",\"reason\":\"exit\",\"exit_code\":\"x\",\"limit\":[]}" \
			"$one,\"program\":\"p\",\"reason\":\"exit\"}" >in
		exits 1 ktstr-stats $sub <in >out 2>err
		[ "$(grep -c "ktstr.error/1" out)" -eq 2 ]
		of summary "r[0][\"records\"] == 1"
		exits 3 ktstr-stats $sub </dev/null 2>err
		says "no record on standard input" err
		echo junk | exits 3 ktstr-stats $sub >out 2>err
	done
'

end
