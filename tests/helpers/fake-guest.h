/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/helpers/fake-guest.h - a guest that a child process plays
 *
 * And an engine that boots it: a session cannot tell. What goes wrong on the
 * host's side aborts, and on the guest's ends it.
 */
#ifndef KT_TESTS_HELPERS_FAKE_GUEST_H
#define KT_TESTS_HELPERS_FAKE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/vm/session.h"

/* The guest's ends of what connects it. */
struct guest_ends {
	int console, serial, ports[KT_NR_PORTS];
};

struct kt_vm {
	pid_t pid;
	int alive; /* end of file once the guest is gone */
	enum kt_vm_state end;
};

extern const struct kt_engine guest_engine;

/* What a guest does; it ends by returning. */
typedef void guest_play_fn(const struct guest_ends *e);

/* A session of a guest that is started in *vm, which nobody watches. */
struct kt_session guest_session(struct kt_vm *vm,
				const struct kt_session_hooks *hooks, void *ctx,
				struct kt_limits limits);

/*
 * Start a guest that does @play and, if that ends by itself, has come to @end.
 * With @serial it has no virtio console. What connects it is set in *how, for
 * guest_close(), and *vm is how->vm.
 */
void guest_boot(guest_play_fn *play, enum kt_vm_state end, bool serial,
		struct kt_session *how, struct kt_vm *vm);
void guest_close(const struct kt_session *how);

/*
 * For the guest: write text; a message; wait for one that begins with @verb,
 * and drop what comes before; be as far as a command is begun.
 */
void guest_put(int fd, const char *text);
void guest_say(const struct guest_ends *e, const char *text);
void guest_hear(const struct guest_ends *e, const char *verb);
void guest_start(const struct guest_ends *e);

#define KT_TASK_OPS 32

/* The commands of a session, and what came of them, for guest_hooks. */
struct guest_tasks {
	struct kt_task task[3];
	struct kt_outcome got[3];
	bool up[3]; /* was the machine, then? */
	size_t nr, given, ended, nr_attached;
	char ops[KT_TASK_OPS]; /* the scheduler, as sched_ext names it */
};

/* Their context is a struct guest_tasks. */
extern const struct kt_session_hooks guest_hooks;

/* Is @want all that the file @fd holds? And a pipe that holds @text. */
bool file_holds(int fd, const char *want);
int pipe_of(const char *text);

#endif
