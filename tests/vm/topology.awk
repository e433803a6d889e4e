# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/topology.awk - from what tests/vm/sys printed, a line a CPU and node
#
# Ids of packages, cores and caches are any numbers that tell them apart, so
# they are counted here in the order they come. A guest on QEMU has first-level
# caches that threads do not share (QEMU 7.2 says so, whatever it is asked), so
# these are shown for other engines only.

# The number of @id among those of its kind, counted from 0.
function nth(kind, id)
{
	if (!((kind, id) in seen))
		seen[kind, id] = nr[kind]++
	return seen[kind, id]
}

{
	colon = index($0, ":")
	path = substr($0, 1, colon - 1)
	val[path] = substr($0, colon + 1)
	if (split(path, part, "/") > 2 && part[2] ~ /^(cpu|node)[0-9]+$/) {
		i = substr(part[2], part[1] == "cpu" ? 4 : 5) + 0
		if (i >= count[part[1]])
			count[part[1]] = i + 1
	}
}

# The list of CPUs that share the cache of this level and type.
function cache(cpu, level, type,   i, dir)
{
	for (i = 0; i < 8; i++) {
		dir = "cpu/" cpu "/cache/index" i
		if (val[dir "/level"] == level && val[dir "/type"] == type)
			return val[dir "/shared_cpu_list"]
	}
	return "none"
}

function llc(cpu,   i, dir)
{
	for (i = 0; i < 8; i++) {
		dir = "cpu/" cpu "/cache/index" i
		if (val[dir "/level"] == 3)
			return nth("llc", val[dir "/id"])
	}
	return "none"
}

END {
	print "online", val["cpu/online"], "present", val["cpu/present"],
		"nodes", val["node/online"]
	for (i = 0; i < count["cpu"]; i++) {
		cpu = "cpu" i
		dir = "cpu/" cpu "/topology/"
		package = nth("package", val[dir "physical_package_id"])
		core = nth("core" package, val[dir "core_id"])
		print cpu, "package", package, "core", core,
			"threads", val[dir "thread_siblings_list"],
			"socket", val[dir "core_siblings_list"],
			"die", val[dir "die_cpus_list"],
			"llc", llc(cpu), "shared by", cache(cpu, 3, "Unified"),
			"L2", cache(cpu, 2, "Unified")
		if (engine == "qemu")
			continue
		print cpu, "L1", cache(cpu, 1, "Data"),
			cache(cpu, 1, "Instruction")
	}
	for (i = 0; i < count["node"]; i++) {
		n = split(val["node/node" i "/meminfo"], word, " ")
		print "node" i, "cpus", val["node/node" i "/cpulist"],
			"distance", val["node/node" i "/distance"],
			"memory", (word[n - 1] > 0 ? "some" : "none")
	}
}
