// SPDX-License-Identifier: GPL-2.0-only
/* workers - the same work in several threads */
#include "lib/workers.h"

#include <pthread.h>
#include <sched.h>
#include <stddef.h>

struct team {
	void (*work)(void *ctx);
	void *ctx;
};

static void *join_in(void *arg)
{
	const struct team *team = arg;

	team->work(team->ctx);
	return NULL;
}

void kt_workers_run(unsigned int max, void (*work)(void *ctx), void *ctx)
{
	struct team team = { work, ctx };
	pthread_t threads[KT_WORKERS_MAX];
	unsigned int nr = 0, want = 1;
	cpu_set_t cpus;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		want = (unsigned int)CPU_COUNT(&cpus);
	if (want > KT_WORKERS_MAX)
		want = KT_WORKERS_MAX;
	if (want > max)
		want = max;
	while (nr + 1 < want &&
	       !pthread_create(&threads[nr], NULL, join_in, &team))
		nr++;
	work(ctx);
	while (nr--)
		pthread_join(threads[nr], NULL);
}
