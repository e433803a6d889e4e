#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""stats-reader.py DIR - what a script would do: read sidecars, take means"""
import json
import os
import sys


def main():
    rows = []
    for name in sorted(os.listdir(sys.argv[1])):
        if not name.endswith(".ktstr.json"):
            continue
        with open(os.path.join(sys.argv[1], name), encoding="utf-8") as f:
            car = json.load(f)
        rows.append((car["test_name"], car["stats"]["worst_spread"]))
    groups = {}
    for test, spread in rows:
        groups.setdefault(test, []).append(spread)
    for test in sorted(groups):
        print(test, sum(groups[test]) / len(groups[test]))


main()
