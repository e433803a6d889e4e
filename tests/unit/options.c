// SPDX-License-Identifier: GPL-2.0-only
/* options: what a table makes of a command line */
#include "lib/options.h"

#include "lib/nearest.h"
#include "tests/unit/tap.h"

static enum kt_status nothing(const struct kt_args *args KT_UNUSED,
			      struct kt_error *err KT_UNUSED)
{
	return KT_OK;
}

static const struct kt_option options[] = {
	{ .name = "force", .letter = 'f', .help = "h" },
	{ .name = "jobs",
	  .letter = 'j',
	  .arg = KT_ARG_NUMBER,
	  .value = "N",
	  .min = 1,
	  .max = 64,
	  .help = "h" },
	{ .name = "include",
	  .letter = 'i',
	  .arg = KT_ARG_PATH,
	  .value = "PATH",
	  .repeat = true,
	  .help = "h" },
	{ .name = "engine",
	  .arg = KT_ARG_CHOICE,
	  .value = "NAME",
	  .choices = "auto qemu",
	  .help = "h" },
	{ .name = "git",
	  .arg = KT_ARG_STRING,
	  .value = "URL",
	  .excludes = "force OPERAND",
	  .needs = "ref",
	  .help = "h" },
	{ .name = "ref", .arg = KT_ARG_STRING, .value = "REF", .help = "h" },
	{ 0 },
};

static const struct kt_command sub = { .name = "sub",
				       .summary = "s",
				       .operands = "[A [B]]",
				       .options = options,
				       .run = nothing,
				       .max_operands = 2,
				       .rest = true };
static const struct kt_command foreign = { .name = "test",
					   .summary = "s",
					   .options = options,
					   .run = nothing,
					   .max_operands = -1,
					   .foreign = true };
static const struct kt_option own[] = {
	{ .name = "own", .excludes = "force", .help = "h" },
	{ 0 },
};
static const struct kt_command lender = {
	.name = "lender",
	.summary = "s",
	.commands = (const struct kt_command *const[]){ &sub, NULL }
};
static const struct kt_borrow borrows[] = {
	{ .from = &lender, .sub = "sub", .names = "jobs force" },
	{ .from = &sub, .except = "jobs force git" },
	{ 0 },
};
static const struct kt_command borrower = { .name = "borrower",
					    .summary = "s",
					    .options = own,
					    .borrows = borrows,
					    .run = nothing };
static const struct kt_option common[] = {
	{ .name = "first", .help = "h" },
	{ .name = "second", .help = "h" },
	{ 0 },
};
static const struct kt_command sharer = { .name = "sharer",
					  .summary = "s",
					  .options = own,
					  .shared = common,
					  .borrows = borrows,
					  .run = nothing };
static const struct kt_borrow of_sharer[] = {
	{ .from = &sharer, .except = "own" },
	{ 0 },
};
static const struct kt_command heir = {
	.name = "heir", .summary = "s", .borrows = of_sharer, .run = nothing
};
static const struct kt_command *const subs[] = { &sub,	  &foreign, &borrower,
						 &sharer, &heir,    NULL };
static const struct kt_option root_options[] = {
	{ .name = "explain", .help = "h" },
	{ 0 },
};
static const struct kt_command root = { .name = "prog",
					.summary = "s",
					.options = root_options,
					.commands = subs };

#define MAX_WORDS 12

static enum kt_status parse(const char *line, struct kt_args **args,
			    struct kt_error *err)
{
	static char text[256];
	char *argv[MAX_WORDS], *word;
	int argc = 0;

	*args = NULL;
	snprintf(text, sizeof(text), "%s", line);
	for (word = strtok(text, " "); word && argc < MAX_WORDS;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	return kt_args_parse(&root, argc, argv, args, err);
}

static void test_bad(void)
{
	static const struct {
		const char *line, *msg, *hint;
	} cases[] = {
		{ "prog", "a subcommand is missing", "--help lists the" },
		{ "prog sbu", "unknown subcommand \"sbu\"", "\"sub\"" },
		{ "prog sub --forse", "unknown option \"--forse\"", "--force" },
		{ "prog sub --for", "unknown option \"--for\"", "--force" },
		{ "prog sub --zzzzzz", "unknown option", "--help lists" },
		{ "prog sub -z", "unknown option \"-z\"", "--help" },
		{ "prog sub --force=1", "takes no value", "" },
		{ "prog sub --jobs", "wants a value: N", "" },
		{ "prog sub -j", "wants a value: N", "" },
		{ "prog sub -j 0", "not between 1 and 64", "" },
		{ "prog sub -j 65", "not between 1 and 64", "" },
		{ "prog sub -j +1", "not a whole number", "" },
		{ "prog sub -j 1x", "not a whole number", "" },
		{ "prog sub -j 99999999999999999999", "not between", "" },
		{ "prog sub -j1 -j2", "given twice", "" },
		{ "prog sub --engine kvm", "is not one of: auto qemu", "" },
		{ "prog sub --include=", "the path is empty", "" },
		{ "prog sub --git u", "option --git needs --ref", "" },
		{ "prog sub --git u --ref r -f", "exclude each other", "" },
		{ "prog sub --git u --ref r x", "exclude each other", "" },
		{ "prog sub a b c", "unexpected operand \"c\"", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kt_args *args KT_CLEANUP(kt_args_freep) = NULL;
		struct kt_error err = { 0 };
		const enum kt_status st = parse(cases[i].line, &args, &err);

		ok(st == KT_USAGE && strstr(err.msg, cases[i].msg) &&
			   strstr(err.hint, cases[i].hint),
		   "\"%s\" is wrong usage: %s", cases[i].line, cases[i].msg);
	}
}

static void test_good(void)
{
	struct kt_args *args KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_error err = { 0 };

	if (!ok(!parse("prog sub a -fvj4 --include=x -i y --explain -- -f --z",
		       &args, &err),
		"a long line parses: %s", err.msg))
		return;
	ok(kt_args_has(args, "force") && kt_args_has(args, "verbose"),
	   "letters share a dash");
	same_u64(kt_args_u64(args, "jobs", 9), 4, "a value may be attached");
	same_u64(kt_args_count(args, "include"), 2, "an option may repeat");
	same_str(kt_args_nth(args, "include", 0), "x", "in order");
	same_str(kt_args_str(args, "include"), "y", "the last one counts");
	ok(!kt_args_has(args, "engine") && !kt_args_str(args, "engine"),
	   "what was not given is not there");
	ok(kt_args_has(args, "explain"), "the program's options go anywhere");
	same_u64(kt_args_operands(args), 1, "one operand");
	ok(kt_args_has_rest(args) && !strcmp(kt_args_rest(args)[0], "-f") &&
		   !strcmp(kt_args_rest(args)[1], "--z") &&
		   !kt_args_rest(args)[2],
	   "behind -- nothing is an option");
	same_str(kt_args_command_line(args), "prog sub", "the command's name");
}

static void test_foreign(void)
{
	struct kt_args *args KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_args *dashes KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_args *mixed KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_error err = { 0 };

	ok(!parse("prog test -j2 --workspace -j 3 -- --force", &args, &err),
	   "words for another program parse");
	ok(kt_args_u64(args, "jobs", 0) == 2 && kt_args_operands(args) == 5 &&
		   !strcmp(kt_args_operand(args, 0), "--workspace") &&
		   !strcmp(kt_args_operand(args, 3), "--"),
	   "from the first unknown one on they are left alone");
	ok(!parse("prog test -- -j 3", &dashes, &err) &&
		   kt_args_operands(dashes) == 2 &&
		   !strcmp(kt_args_operand(dashes, 0), "-j"),
	   "the first -- is ours");
	ok(!parse("prog test -fj2 -fEj x", &mixed, &err) &&
		   kt_args_u64(mixed, "jobs", 0) == 2 &&
		   kt_args_operands(mixed) == 2 &&
		   !strcmp(kt_args_operand(mixed, 0), "-fEj"),
	   "letters that share a dash are ours if all of them are");
}

static void test_borrow(void)
{
	static const char *const want[] = { "own",     "force",	 "jobs",
					    "include", "engine", "ref" };
	struct kt_args *args KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_args *bad KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_error err = { 0 };
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		same_str(kt_command_option(&borrower, i)->name, want[i],
			 "a command's own options, then what it borrows");
	ok(!kt_command_option(&borrower, i), "and no more");
	ok(!kt_borrow_option(&borrows[0], 2), "a list of names is all of them");
	ok(kt_borrow_command(&borrows[0]) == &sub, "a subcommand is found");
	ok(!parse("prog borrower -j 3 --engine qemu", &args, &err) &&
		   kt_args_u64(args, "jobs", 0) == 3,
	   "what is borrowed is understood");
	ok(parse("prog borrower --git x", &bad, &err) == KT_USAGE,
	   "what is not is not");
	ok(parse("prog borrower --own -f", &bad, &err) == KT_USAGE,
	   "one's own may exclude what is borrowed");
}

static void test_shared(void)
{
	static const char *const want[] = { "own", "first", "second", "force",
					    "jobs" };
	struct kt_args *args KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_error err = { 0 };

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		same_str(kt_command_option(&sharer, i)->name, want[i],
			 "its own, what it shares, what it borrows");
	ok(!kt_command_own(&sharer, 3), "the last of these is not its own");
	same_str(kt_command_option(&heir, 1)->name, "second",
		 "what is shared may be borrowed");
	ok(!kt_command_option(&heir, 2), "what is borrowed may not");
	ok(!parse("prog heir --second", &args, &err) &&
		   kt_args_has(args, "second") && !kt_args_has(args, "first"),
	   "what is shared is understood");
}

static void test_default(void)
{
	struct kt_args *args KT_CLEANUP(kt_args_freep) = NULL;
	struct kt_error err = { 0 };

	if (!ok(!parse("prog sub -i x", &args, &err), "a line parses"))
		return;
	ok(kt_args_default(args, "jobs", "x", "FILE", &err) == KT_USAGE &&
		   !strncmp(err.msg, "FILE: --jobs: ", 14) &&
		   !kt_args_has(args, "jobs"),
	   "a default that cannot be is told with its origin");
	ok(!kt_args_default(args, "jobs", "7", "FILE", &err) &&
		   kt_args_u64(args, "jobs", 9) == 7,
	   "one that can is the value");
	same_str(kt_args_origin(args, "jobs"), "FILE",
		 "which comes from there");
	ok(!kt_args_origin(args, "include") && !kt_args_origin(args, "engine"),
	   "what is given, or is not there, does not");
}

static void test_nearest(void)
{
	static const char *const names[] = { "list", "build", "clean", NULL };

	same_str(kt_nearest("lsit", names), "list", "a swap is near");
	same_str(kt_nearest("bulid", names), "build", "so is this one");
	same_str(kt_nearest("cle", names), "clean", "and a beginning");
	same_str(kt_nearest("zzzz", names), NULL, "not everything is near");
	same_str(kt_nearest("", names), NULL, "nothing is near nothing");
}

int main(void)
{
	test_bad();
	test_good();
	test_foreign();
	test_borrow();
	test_shared();
	test_default();
	test_nearest();
	return tap_end();
}
