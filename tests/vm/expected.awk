# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/expected.awk - what tests/vm/topology.awk prints for -v topology=S,C,T
#
# CPUs are numbered by socket, then core, then thread. A socket is a package, a
# die, a last-level cache and a node.

function list(first, n)
{
	return n == 1 ? first : first "-" first + n - 1
}

BEGIN {
	split(topology, t, ",")
	sockets = t[1]; cores = t[2]; threads = t[3]
	each = cores * threads
	all = list(0, sockets * each)
	print "online", all, "present", all, "nodes", list(0, sockets)
	for (i = 0; i < sockets * each; i++) {
		socket = int(i / each)
		core = int(i % each / threads)
		own = list(i - i % threads, threads)
		near = list(socket * each, each)
		print "cpu" i, "package", socket, "core", core,
			"threads", own, "socket", near, "die", near,
			"llc", socket, "shared by", near, "L2", own
		if (engine != "qemu")
			print "cpu" i, "L1", own, own
	}
	for (i = 0; i < sockets; i++) {
		distance = ""
		for (j = 0; j < sockets; j++)
			distance = distance (j ? " " : "") (i == j ? 10 : 20)
		print "node" i, "cpus", list(i * each, each),
			"distance", distance, "memory some"
	}
}
