// SPDX-License-Identifier: GPL-2.0-only
/*
 * fetch-git - a kernel's source that is a commit of a git repository
 *
 * git is never let near the terminal: a question there would be asked behind a
 * pipeline.
 */
#include "lib/fetch-git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/git-text.h"
#include "lib/git.h"
#include "lib/key.h"
#include "lib/stop.h"
#include "lib/tree.h"
#include "lib/xalloc.h"

#define ASK_TIMEOUT_NS (120 * KT_NS_PER_S)
#define FETCH_TIMEOUT_NS (7200 * KT_NS_PER_S)

struct git {
	const struct kt_fetch *how;
	const char *url, *ref;
	char *shown;	/* url as it may be told */
	char *full_url; /* url as git gets it, from any directory */
	char **env;
	struct kt_git run;
	char *name; /* the ref's full name, or NULL for a commit */
	char *hash; /* of the commit: whole, or what is known of it */
};

static void git_release(struct git *g)
{
	free(g->shown);
	free(g->full_url);
	kt_env_freep(&g->env);
	free(g->name);
	free(g->hash);
	kt_git_release(&g->run);
}

static void heard(const struct kt_buf *out, void *ctx)
{
	const struct git *g = ctx;
	const struct kt_watch *watch = &g->how->watch;
	uint64_t bytes;

	if (kt_git_progress(out->data, out->len, &bytes))
		watch->at(bytes, watch->ctx);
}

static enum kt_status run_git(struct git *g, const char *dir,
			      const char *const *args, bool merge,
			      uint64_t timeout_ns, int *status,
			      struct kt_error *err)
{
	const enum kt_status st =
		kt_git_run(&g->run, dir, args, merge, timeout_ns, status, err);

	return st ? kt_within(err, st, "git") : KT_OK;
}

static bool says(const struct git *g, const char *text)
{
	return strstr(g->run.out.data, text) != NULL;
}

static const struct {
	const char *text;
	enum kt_status st;
	const char *hint; /* or NULL */
} complaints[] = {
	{ "dubious ownership", KT_FAIL,
	  "it belongs to another user; git config --global --add "
	  "safe.directory DIRECTORY trusts it" },
	{ "could not read Username", KT_FAIL,
	  "it asks for a name and a password; see gitcredentials(7), or use "
	  "an ssh URL" },
	{ "Authentication failed", KT_FAIL,
	  "see gitcredentials(7) for ways to log in" },
	{ "Permission denied (", KT_FAIL,
	  "ssh has no key for it that needs no question; ssh-add adds one" },
	{ "Host key verification failed", KT_FAIL,
	  "connect to it by ssh once, to see its key" },
	{ "Could not resolve host", KT_AGAIN, NULL },
	{ "unable to look up", KT_AGAIN, NULL },
	{ "Connection refused", KT_AGAIN, NULL },
	{ "unable to connect", KT_AGAIN, NULL },
	{ "Connection timed out", KT_AGAIN, NULL },
	{ "early EOF", KT_AGAIN, NULL },
	{ "RPC failed", KT_AGAIN, NULL },
	{ "hung up unexpectedly", KT_AGAIN, NULL },
};

static enum kt_status refused(const struct git *g, const char *what,
			      struct kt_error *err)
{
	char *why KT_CLEANUP(kt_freep) = kt_git_reason(g->run.out.data);

	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]);
	     i++) {
		enum kt_status st = complaints[i].st;

		if (!says(g, complaints[i].text))
			continue;
		kt_error_set(err, st, "git cannot %s \"%s\": %s", what,
			     g->shown, why);
		if (complaints[i].hint)
			kt_error_hint(err, "%s", complaints[i].hint);
		return st;
	}
	return kt_fail(err, KT_FAIL, "git cannot %s \"%s\": %s", what, g->shown,
		       why);
}

/* What the repository's refs are, those that @ref may mean or all. */
static enum kt_status list_refs(struct git *g, bool all, struct kt_error *err)
{
	char *tag KT_CLEANUP(kt_freep) = kt_xasprintf("refs/tags/%s", g->ref);
	char *peeled KT_CLEANUP(kt_freep) = kt_xasprintf("%s^{}", tag);
	char *head KT_CLEANUP(kt_freep) = kt_xasprintf("refs/heads/%s", g->ref);
	const char *const args[] = {
		"ls-remote", "--quiet", "--", g->full_url, all ? NULL : g->ref,
		tag,	     peeled,	head, NULL
	};
	enum kt_status st;
	int status;

	st = run_git(g, NULL, args, false, ASK_TIMEOUT_NS, &status, err);
	if (st || !status)
		return st;
	/* Once more, for the complaint. */
	st = run_git(g, NULL, args, true, ASK_TIMEOUT_NS, &status, err);
	if (st || !status)
		return st;
	return refused(g, "ask", err);
}

static enum kt_status no_such_ref(const struct git *g, struct kt_error *err)
{
	return kt_hint(err,
		       kt_fail(err, KT_FAIL,
			       "\"%s\" has no branch, tag or commit \"%s\"",
			       g->shown, g->ref),
		       "git ls-remote %s lists what it has", g->shown);
}

/* Find out what the ref is: g->name, and of g->hash what can be known. */
static enum kt_status resolve(struct git *g, struct kt_error *err)
{
	enum kt_status st;

	if (kt_git_is_id(g->ref)) {
		g->hash = kt_xstrdup(g->ref);
		return KT_OK;
	}
	st = list_refs(g, false, err);
	if (st || kt_git_find_ref(g->run.out.data, g->ref, &g->name, &g->hash))
		return st;
	if (!kt_git_is_abbrev(g->ref))
		return no_such_ref(g, err);
	g->hash = kt_xstrdup(g->ref);
	return KT_OK;
}

/* Part of an id: a branch or tag may be at that commit. */
static enum kt_status complete(struct git *g, struct kt_error *err)
{
	enum kt_status st;
	char *hash;

	if (g->name || kt_git_is_id(g->hash))
		return KT_OK;
	st = list_refs(g, true, err);
	if (st)
		return st;
	hash = kt_git_find_commit(g->run.out.data, g->hash);
	if (hash) {
		free(g->hash);
		g->hash = hash;
	}
	return KT_OK;
}

static enum kt_status in_dir(struct git *g, const char *dir,
			     const char *const *args, const char *what,
			     struct kt_error *err)
{
	enum kt_status st;
	int status;

	st = run_git(g, dir, args, true, FETCH_TIMEOUT_NS, &status, err);
	if (st || !status)
		return st;
	return refused(g, what, err);
}

/* Run git fetch with @words behind it, and show how far it is. */
static enum kt_status fetch(struct git *g, const char *dir,
			    const char *const *words, struct kt_error *err)
{
	const struct kt_watch *watch = &g->how->watch;
	char *what KT_CLEANUP(kt_freep) =
		kt_xasprintf("fetching %s from %s", g->ref, g->shown);
	const char *args[KT_GIT_MAX_ARGS] = { "fetch", "--progress",
					      "--no-tags",
					      "--no-recurse-submodules" };
	size_t nr = 4;
	enum kt_status st;

	while (*words && nr + 1 < KT_GIT_MAX_ARGS)
		args[nr++] = *words++;
	watch->begin(what, 0, watch->ctx);
	g->run.heard = heard;
	st = in_dir(g, dir, args, "fetch from", err);
	g->run.heard = NULL;
	if (!st)
		watch->end(watch->ctx);
	return st;
}

/* The commit that is @what in @dir; NULL if it is not there, or not one. */
static char *commit_in(struct git *g, const char *dir, const char *what)
{
	char *rev KT_CLEANUP(kt_freep) = kt_xasprintf("%s^{commit}", what);
	const char *const args[] = { "rev-parse", "--quiet", "--verify", rev,
				     NULL };
	struct kt_error ignored;
	const char *id;
	int status;

	if (run_git(g, dir, args, false, ASK_TIMEOUT_NS, &status, &ignored) ||
	    status)
		return NULL;
	id = kt_git_line(&g->run);
	return kt_git_is_id(id) ? kt_xstrdup(id) : NULL;
}

/* Fetch @what alone: a ref by its full name, or a whole commit id. */
static enum kt_status fetch_one(struct git *g, const char *dir,
				const char *what, struct kt_error *err)
{
	const char *const args[] = { "--depth=1", "--", g->full_url, what,
				     NULL };
	char *hash;
	enum kt_status st = fetch(g, dir, args, err);

	if (st)
		return st;
	hash = commit_in(g, dir, "FETCH_HEAD");
	if (!hash)
		return kt_fail(err, KT_FAIL, "\"%s\" of \"%s\" is no commit",
			       g->ref, g->shown);
	free(g->hash);
	g->hash = hash;
	return KT_OK;
}

/* Is there more history than has been fetched? */
static bool is_shallow(const char *dir)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(dir, ".git/shallow");

	return !access(path, F_OK);
}

/* Fetch the branches, ever deeper, until the commit is there. */
static enum kt_status dig(struct git *g, const char *dir, struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (int depth = 100; depth <= KT_GIT_MAX_DEPTH; depth *= 10) {
		char word[32], *hash;
		const char *const args[] = { word, "--", g->full_url,
					     "+refs/heads/*:refs/ktstr/*",
					     NULL };

		snprintf(word, sizeof(word), "--depth=%d", depth);
		g->how->note("looking for %s in the last %d commits of every "
			     "branch",
			     g->hash, depth);
		st = fetch(g, dir, args, err);
		if (st)
			return st;
		hash = commit_in(g, dir, g->hash);
		if (hash) {
			free(g->hash);
			g->hash = hash;
			return KT_OK;
		}
		st = kt_stop_check(err);
		if (st)
			return st;
		if (!is_shallow(dir))
			break;
	}
	return kt_hint(err,
		       kt_fail(err, KT_FAIL,
			       "no commit \"%s\" within %d of a branch of "
			       "\"%s\"",
			       g->ref, KT_GIT_MAX_DEPTH, g->shown),
		       "name a tag or branch that is at it, or clone the "
		       "repository and use --source");
}

static enum kt_status fetch_commit(struct git *g, const char *dir,
				   struct kt_error *err)
{
	enum kt_status st;

	if (kt_git_is_id(g->hash)) {
		st = fetch_one(g, dir, g->hash, err);
		if (!st || st != KT_FAIL || kt_stop_signal())
			return st;
		if (says(g, "not our ref") && !says(g, "unadvertised"))
			return no_such_ref(g, err);
		if (!says(g, "unadvertised object") && !says(g, "not our ref"))
			return st;
		g->how->note(
			"\"%s\" gives away no commit that no branch or tag "
			"is at",
			g->shown);
	} else {
		g->how->note("no branch or tag of \"%s\" is at a commit %s...; "
			     "the whole id is found faster",
			     g->shown, g->hash);
	}
	return dig(g, dir, err);
}

/* The whole repository's object format must be that of its ids. */
static enum kt_status init(struct git *g, const char *dir, struct kt_error *err)
{
	const char *const args[] = { "init", "--quiet", "--template=",
				     g->hash && strlen(g->hash) == 64 ?
					     "--object-format=sha256" :
					     NULL,
				     NULL };

	return in_dir(g, dir, args, "make a repository for", err);
}

static enum kt_status check_out(struct git *g, const char *dir,
				struct kt_error *err)
{
	const char *const args[] = { "checkout", "--quiet", "--detach",
				     "--force",	 g->hash,   NULL };

	return in_dir(g, dir, args, "check out from", err);
}

static enum kt_status make_key(const struct git *g, char **key,
			       struct kt_error *err)
{
	const struct kt_key_parts parts = { .source = KT_SOURCE_GIT,
					    .arch = kt_arch(),
					    .ref = g->ref,
					    .hash = g->hash,
					    .kconfig_crc32 =
						    g->how->kconfig_crc32 };

	return kt_key_make(&parts, key, err);
}

static enum kt_status describe(struct git *g, struct kt_fetch_dir *dir,
			       struct kt_record *rec, struct kt_error *err)
{
	char *key KT_CLEANUP(kt_freep) = NULL;
	char text[KT_VERSION_SIZE];
	struct kt_version version;
	enum kt_status st = kt_tree_check(dir->path, &version, err);

	if (st)
		return kt_within(err, st, "%s", g->shown);
	/* A branch may have moved since it was asked for. */
	st = make_key(g, &key, err);
	if (st)
		return st;
	kt_version_format(&version, text);
	kt_record_set_str(rec, "source", kt_source_name(KT_SOURCE_GIT));
	kt_record_set_str(rec, "version", text);
	kt_record_set_str(rec, "git_ref", g->ref);
	kt_record_set_str(rec, "git_hash", g->hash);
	kt_record_set_bool(rec, "dirty", false);
	kt_record_set_str(rec, "url", g->shown);
	kt_record_set_str(rec, "key", key);
	return kt_fetch_set_tree(g->how, dir, rec, err);
}

static enum kt_status fill(struct git *g, const char *dir, struct kt_error *err)
{
	enum kt_status st = complete(g, err);

	if (!st)
		st = init(g, dir, err);
	if (st)
		return st;
	st = g->name ? fetch_one(g, dir, g->name, err) :
		       fetch_commit(g, dir, err);
	return st ? st : check_out(g, dir, err);
}

static enum kt_status new_tree(struct git *g, const char *key,
			       struct kt_record **out, struct kt_error *err)
{
	struct kt_fetch_dir dir KT_CLEANUP(kt_fetch_dir_drop) = { .lock = -1 };
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	enum kt_status st = kt_fetch_dir_new(
		g->how, key, kt_fetch_space(UINT64_MAX), &dir, err);

	if (!st)
		st = fill(g, dir.path, err);
	if (!st)
		st = describe(g, &dir, rec, err);
	if (st)
		return st;
	kt_fetch_dir_keep(&dir);
	*out = rec;
	rec = NULL;
	return KT_OK;
}

/* A directory is meant from here, and git is run in others. */
static char *url_from_anywhere(const char *url)
{
	char *path = strstr(url, "://") ? NULL : realpath(url, NULL);

	return path ? path : kt_xstrdup(url);
}

static enum kt_status open_git(struct git *g, struct kt_error *err)
{
	/* No question on the terminal, from git or from ssh. */
	static const char *const mute[] = { "GIT_TERMINAL_PROMPT=0",
					    "GIT_NO_LAZY_FETCH=1",
					    "SSH_ASKPASS=false",
					    "SSH_ASKPASS_REQUIRE=force", NULL };

	if (!kt_git_installed(g->how->env))
		return kt_hint(err,
			       kt_fail(err, KT_SKIP, "git is not installed"),
			       "apt install git");
	if (!*g->url || g->url[0] == '-' || strpbrk(g->url, "\n\r"))
		return kt_fail(err, KT_USAGE, "--git: \"%s\" is no URL",
			       g->url);
	if (!kt_git_ref_valid(g->ref))
		return kt_fail(err, KT_USAGE, "--ref: \"%s\" cannot be a ref",
			       g->ref);
	g->shown = kt_git_url_shown(g->url);
	g->full_url = url_from_anywhere(g->url);
	g->env = kt_git_env(g->how->env, mute);
	g->run.env = (const char *const *)g->env;
	g->run.ctx = g;
	return KT_OK;
}

/* Seven digits stand in a key: the entry may be that of another commit. */
static bool is_other(const struct git *g, const struct kt_record *entry)
{
	const char *hash = kt_record_text(entry, "git_hash");

	return hash && kt_git_is_id(hash) &&
	       strncmp(hash, g->hash, strlen(g->hash)) != 0;
}

enum kt_status kt_fetch_git(const struct kt_fetch *how, const char *url,
			    const char *ref, struct kt_record **out,
			    struct kt_error *err)
{
	struct git g KT_CLEANUP(
		git_release) = { .how = how, .url = url, .ref = ref };
	char *key KT_CLEANUP(kt_freep) = NULL;
	struct kt_fetch_want want = { 0 };
	struct kt_record *entry = NULL;
	enum kt_status st = open_git(&g, err);

	if (!st)
		st = resolve(&g, err);
	/* Before anything is cloned: a key that cannot be is no use then. */
	if (!st)
		st = make_key(&g, &key, err);
	want.key = key;
	if (!st)
		st = kt_fetch_entry(how, &want, &entry, err);
	if (st)
		return st;
	if (entry && !is_other(&g, entry)) {
		*out = entry;
		return KT_OK;
	}
	if (entry)
		how->note("no: that is of another commit");
	kt_record_free(entry);
	return new_tree(&g, key, out, err);
}
