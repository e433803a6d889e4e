#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""stats-make.py DIR N - write N sidecars, as ktstr 0.2.2 prints them

Copies of the fixtures with other names and numbers: 200 scenarios on 10
topologies. The same N gives the same files.
"""
import json
import os
import random
import sys

fixtures = os.path.join(os.path.dirname(__file__), "..", "fixtures", "sidecars")


def load(name):
    with open(os.path.join(fixtures, name + ".ktstr.json")) as f:
        return json.load(f)


def main():
    where, count = sys.argv[1], int(sys.argv[2])
    rnd = random.Random(count)
    kinds = [load("steady_two_cells"), load("cpuset_swap_storm")]
    os.makedirs(where, exist_ok=True)
    for i in range(count):
        car = kinds[i % 8 == 7]
        stats = car["stats"]
        car["test_name"] = "scenario_%03d" % (i % 200)
        car["topology"] = "%ds%dc%dt" % (1 + i % 5, 2, 1 + i % 2)
        stats["worst_spread"] = round(rnd.gauss(12, 3), 3)
        stats["worst_gap_ms"] = int(abs(rnd.gauss(70, 30)))
        stats["total_migrations"] = rnd.randrange(1000)
        car["monitor"]["max_imbalance_ratio"] = rnd.uniform(1, 4)
        path = os.path.join(where, "scenario_%06d.ktstr.json" % i)
        with open(path, "w") as f:
            f.write(json.dumps(car, indent=2))


main()
