#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-stats sidecars: the report, byte for byte, and its records
. "${0%/*}/lib.sh"

t 'the text report has the bytes that ktstr 0.2.2 prints, then our sections' '
	ktstr-stats sidecars --dir "$fix/sidecars" -t >got 2>err
	same "$fix/stats/report.txt" got
	[ ! -s err ]
	ktstr-stats sidecars --dir "$fix/sidecars" --format text >got
	same "$fix/stats/report.txt" got
'

t 'cargo ktstr test-stats prints the same, and --explain says how' '
	cargo-ktstr ktstr test-stats --dir "$fix/sidecars" >got
	same "$fix/stats/report.txt" got
	cargo-ktstr ktstr --explain test-stats --dir "$fix/sidecars" >cmd
	says "ktstr-stats sidecars --text --dir" cmd
	bash ./cmd >got
	same "$fix/stats/report.txt" got
'

t 'records have each number in full, and every line is JSON' '
	ktstr-stats sidecars --dir "$fix/sidecars" >got
	python3 - got <<-\EOF
	import json, sys
	recs = [json.loads(line) for line in open(sys.argv[1])]
	assert all(next(iter(r)) == "schema" for r in recs)
	of = lambda n: [r for r in recs if r["schema"] == "ktstr.%s/1" % n]
	s, = of("summary")
	assert (s["sidecars"], s["passed"], s["failed"], s["stalled"]) == (7, 6, 1, 1)
	assert s["verifier"]["verified_insns"] == 1533846
	assert s["kvm"]["exits"] == 123500 and s["kvm"]["preemptions"] == 6
	assert len(of("outlier")) == s["outliers"] == 12
	spread, = [o for o in of("outlier") if o["metric"] == "spread"]
	assert spread["centre"] == 98.75 / 7 and spread["worst_on"] == ["2s2c1t"]
	dims = of("dimension")
	assert [d["name"] for d in dims if d["by"] == "topology"] == ["2s2c1t", "1s2c1t"]
	assert [d for d in dims if d["name"] == "plain_d"][0]["mean"]["spread"] == 3.25
	assert [c["test"] for c in of("callbacks")] == ["cpuset_swap_storm", "steady_two_cells"]
	step = [x for x in of("step") if x["step"] == "StepStart[0]"][0]
	assert abs(step["iterations_per_s"] - (47650 - 1180) / 4.508) < 1e-5
	assert of("failure")[0]["test"] == "cpuset_swap_storm"
	EOF
'

t 'the same files give the same bytes, again and again' '
	ktstr-stats sidecars --dir "$fix/sidecars" >want
	for i in 1 2 3 4 5; do
		ktstr-stats sidecars --dir "$fix/sidecars" >got
		same want got
	done
'

end
