/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/stats/files.h - find the sidecars of a directory
 */
#ifndef KT_STATS_FILES_H
#define KT_STATS_FILES_H

#include "lib/stats/stats.h"

/*
 * Fill paths, path_at and nr_files of @stats from stats->dir, open as @fd. See
 * kt_stats_read() for which files, and for the errors.
 */
enum kt_status kt_stats_find(int fd, struct kt_stats *stats,
			     struct kt_error *err) KT_MUST_CHECK;

/* True if a file at @path below @dir has the name of a sidecar. */
bool kt_stats_is_sidecar(const char *dir, const char *path);

#endif
