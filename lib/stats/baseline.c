// SPDX-License-Identifier: GPL-2.0-only
/* baseline - what has changed since another directory of sidecars */
#include "lib/stats/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

/* Both sides, grouped by scenario and topology, in order of name. */
struct sides {
	const struct kt_stats *before, *after;
	struct kt_groups old, new;
	size_t cap;
};

static int compare_names(const struct sides *s, const struct kt_group *old,
			 const struct kt_group *new)
{
	int order = strcmp(kt_names_get(&s->before->names, old->a),
			   kt_names_get(&s->after->names, new->a));

	if (!order)
		order = strcmp(kt_names_get(&s->before->names, old->b),
			       kt_names_get(&s->after->names, new->b));
	return order;
}

static void add(struct sides *s, struct kt_changes *out,
		const struct kt_change *change)
{
	if (out->nr == s->cap || !out->change) {
		s->cap = s->cap ? s->cap * 2 : 16;
		out->change =
			kt_xrealloc(out->change, s->cap * sizeof(*out->change));
	}
	out->change[out->nr++] = *change;
	out->nr_regressions += change->regression;
}

static bool counts(const struct kt_metric_info *info, double before,
		   double after, double noise)
{
	const double change = fabs(after - before);

	return change >= info->abs && change > noise &&
	       change >= info->rel * fabs(before);
}

/* False if there is nothing to compare: one side was skipped. */
static bool compare_pair(struct sides *s, const struct kt_group *old,
			 const struct kt_group *new, struct kt_changes *out)
{
	struct kt_change c = { .scenario = new->a, .topology = new->b };
	struct kt_tally b, a;

	kt_tally_group(s->before, &s->old, old, &b);
	kt_tally_group(s->after, &s->new, new, &a);
	c.runs_before = b.nr - b.skipped;
	c.runs_after = a.nr - a.skipped;
	if (!c.runs_before || !c.runs_after)
		return false;
	c.metric = KT_CHANGE_FAILED;
	c.before = (double)b.failed / c.runs_before;
	c.after = (double)a.failed / c.runs_after;
	c.regression = c.after > c.before;
	if (c.after > c.before || c.after < c.before)
		add(s, out, &c);
	for (uint32_t m = 0; m < KT_NR_METRICS; m++) {
		c.metric = m;
		c.before = b.mean[m];
		c.after = a.mean[m];
		c.noise = b.max[m] - b.min[m];
		if (a.max[m] - a.min[m] > c.noise)
			c.noise = a.max[m] - a.min[m];
		c.regression =
			(c.after > c.before) != kt_metrics[m].more_is_better;
		if (counts(&kt_metrics[m], c.before, c.after, c.noise))
			add(s, out, &c);
	}
	return true;
}

void kt_changes_find(const struct kt_stats *before,
		     const struct kt_stats *after, struct kt_changes *out)
{
	struct sides s = { .before = before, .after = after };
	struct kt_changes changes = { .dir = before->dir };
	uint32_t i = 0, k = 0;

	kt_groups_by(before, KT_BY_SCENARIO_TOPOLOGY, &s.old);
	kt_groups_by(after, KT_BY_SCENARIO_TOPOLOGY, &s.new);
	while (i < s.old.nr || k < s.new.nr) {
		int order;

		if (i == s.old.nr)
			order = 1;
		else if (k == s.new.nr)
			order = -1;
		else
			order = compare_names(&s, &s.old.group[i],
					      &s.new.group[k]);
		if (!order) {
			const bool compared = compare_pair(
				&s, &s.old.group[i], &s.new.group[k], &changes);

			changes.nr_pairs += compared;
			changes.nr_skipped += !compared;
		}
		changes.nr_gone += order < 0;
		changes.nr_new += order > 0;
		i += order <= 0;
		k += order >= 0;
	}
	kt_groups_release(&s.old);
	kt_groups_release(&s.new);
	*out = changes;
}

void kt_changes_release(struct kt_changes *out)
{
	free(out->change);
	*out = (struct kt_changes){ 0 };
}

const char *kt_change_metric(const struct kt_change *c)
{
	return c->metric == KT_CHANGE_FAILED ? "failed" :
					       kt_metrics[c->metric].name;
}
