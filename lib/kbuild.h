/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/kbuild.h - configure, check and build a kernel tree by its own make
 *
 * The steps of a build in their order: lock the tree, see that the tools are
 * there, configure, compare what was asked for with what came out, make, look
 * at what was made. What can fail in seconds comes before what takes minutes.
 */
#ifndef KT_KBUILD_H
#define KT_KBUILD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/buf.h"
#include "lib/cache.h"
#include "lib/error.h"
#include "lib/kconfig.h"
#include "lib/record.h"
#include "lib/watch.h"

#define KT_KBUILD_TAIL_LINES 40 /* of make's output, shown when it fails */
#define KT_KBUILD_CONFIG_TIMEOUT_S 1800

struct kt_kbuild {
	/* What to do; all borrowed. */
	const char *base;	 /* build directory, canonical */
	const char *const *env;	 /* our environment */
	const char *const *make; /* words for every make; may be NULL */
	const char *extra;	 /* text of a further fragment, or NULL */
	const char *extra_crc32; /* and its sum */
	struct kt_cache *cache;	 /* where the kernel will be, or NULL */
	struct timespec started; /* this process, as files are dated */
	unsigned int jobs;
	const char *llvm; /* as LLVM= is to the kernel's make; NULL: gcc */
	bool ccache;	  /* also for trees that stay */
	bool no_ccache;	  /* not even for temporary ones */
	bool clean;	  /* make mrproper first */
	bool check;	  /* configure and check only */
	bool verbose; /* @detail is heard: say what costs work to find out */
	kt_say_fn *note, *detail;
	struct kt_watch watch;

	/* What came of it, for kt_kbuild_release(). */
	bool taken;	    /* from the cache: the tree was not built */
	int lock;	    /* on the tree; -1 before the first */
	struct kt_buf tail; /* the last lines of a make that failed, raw */
	char *log;	    /* where all of it is, or NULL */
};

void kt_kbuild_release(struct kt_kbuild *kb);

/*
 * Build the tree of @rec, a "ktstr.kernel/1", and add what came of it (arch,
 * image, ...: ktstr-record(5)). If the tree is temporary and another process
 * builds under the same key, it is waited for, and the members of the entry
 * that it has stored in kb->cache meanwhile are set instead: kb->taken is true
 * then. On failure @rec may have some of the members; a tree that is temporary
 * is the caller's to remove. Until kt_kbuild_unlock(), at the latest in the
 * next call, the tree stays locked: whoever is to store the kernel should know
 * of it by then.
 *
 * KT_DATA: @rec has no usable tree, or a configuration is malformed. KT_SKIP:
 * tools are missing, all named, with the command that installs them. KT_FAIL:
 * the configuration does not hold, or make failed (kb->tail), or a signal
 * told us to stop: make and its children are then gone.
 */
enum kt_status kt_kbuild_record(struct kt_kbuild *kb, struct kt_record *rec,
				struct kt_error *err) KT_MUST_CHECK;

/* Another build may have the tree of the last record. */
void kt_kbuild_unlock(struct kt_kbuild *kb);

/*
 * What follows is shared between the parts of this module.
 */

/*
 * Wait for our turn to build the "tree" of @rec under its "key", which ends
 * when *lock, the caller's, is closed. *entry is the entry that another build
 * has stored meanwhile, of the same source and verified no less, the caller's,
 * or NULL: then it is to be built.
 */
enum kt_status kt_kbuild_turn(const struct kt_kbuild *kb,
			      const struct kt_record *rec, int *lock,
			      struct kt_record **entry,
			      struct kt_error *err) KT_MUST_CHECK;

/* The build under @key has failed; before the lock is closed. */
void kt_kbuild_turn_failed(const struct kt_kbuild *kb, const char *key);

/* The environment for make: without what would derail it. Caller owns it. */
char **kt_kbuild_env(const char *const *env);

/* KT_SKIP with everything that is missing, unless all tools are there. */
enum kt_status kt_kbuild_tools(const struct kt_kbuild *kb,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * "clang" by the name that LLVM=@llvm gives it: "/opt/llvm/bin/clang" for
 * "/opt/llvm/bin/", "clang-19" for "-19" (Documentation/kbuild/llvm.rst). The
 * caller owns it.
 */
char *kt_kbuild_llvm_name(const char *llvm, const char *program);

/* "1.24" of pahole is 124, as CONFIG_PAHOLE_VERSION has it; 0 if malformed. */
unsigned int kt_kbuild_pahole(const char *text);

struct kt_make {
	const char *tree;
	const char *const *words; /* targets and variables; ends in NULL */
	const char *cc;		  /* CC=..., or NULL */
	bool parallel;
	uint64_t deadline; /* lib/clock.h */
	int log;	   /* all output goes there too; -1: nowhere */
	uint64_t steps;	   /* out: lines like "  CC      init/main.o" */
};

/*
 * Run make in a process group of its own. KT_FAIL if it fails: the last lines
 * of its output are in kb->tail.
 */
enum kt_status kt_kbuild_make(struct kt_kbuild *kb, struct kt_make *make,
			      struct kt_error *err) KT_MUST_CHECK;

struct kt_kbuild_config {
	struct kt_buf text;	/* of the tree's .config as it is now */
	struct kt_kconfig *cfg; /* the same, parsed */
	bool need_holds;	/* every line of the fragment's need part */
	bool slim;		/* defconfig was run, and slim appended */
};

void kt_kbuild_config_release(struct kt_kbuild_config *config);

/*
 * Make the tree's .config one that has what the guest needs. The file is
 * replaced only if that changes it, and only if everything asked for holds.
 */
enum kt_status kt_kbuild_configure(struct kt_kbuild *kb, const char *tree,
				   const char *cc, struct kt_kbuild_config *out,
				   struct kt_error *err) KT_MUST_CHECK;

/* The options nothing works without: KT_FAIL with those that are not "y". */
enum kt_status kt_kbuild_essential(const struct kt_kconfig *cfg,
				   struct kt_error *err) KT_MUST_CHECK;

#endif
