// SPDX-License-Identifier: GPL-2.0-only
/* record - JSON in and out, by json-c and a lexer at its door */
#include "lib/record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/lex.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

struct kt_record {
	struct json_object *obj; /* owned; always an object */
};

static struct kt_record *wrap(struct json_object *obj)
{
	struct kt_record *rec = kt_xcalloc(1, sizeof(*rec));

	rec->obj = obj;
	return rec;
}

struct kt_record *kt_record_new(const char *schema)
{
	struct kt_record *rec = wrap(kt_xcheck(json_object_new_object()));

	if (schema)
		kt_record_set_str(rec, "schema", schema);
	return rec;
}

void kt_record_free(struct kt_record *rec)
{
	if (!rec)
		return;
	json_object_put(rec->obj);
	free(rec);
}

void kt_record_freep(struct kt_record **rec)
{
	kt_record_free(*rec);
}

static void json_putp(struct json_object **obj)
{
	json_object_put(*obj);
}

static void tokener_freep(struct json_tokener **tok)
{
	if (*tok)
		json_tokener_free(*tok);
}

/*
 * True if @text holds a NUL, raw or as an escape. json-c takes the first for
 * the end of the text and cuts keys at the second.
 */
static bool holds_nul(const char *text, size_t len)
{
	static const char esc[] = "u0000";
	const char *end;

	/* There may be no text at all, not even an address. */
	if (!len)
		return false;
	end = text + len;
	if (memchr(text, '\0', len))
		return true;
	while ((text = memchr(text, '\\', (size_t)(end - text)))) {
		text++; /* whatever is escaped, a second backslash too */
		if ((size_t)(end - text) >= strlen(esc) &&
		    !memcmp(text, esc, strlen(esc)))
			return true;
		text += text < end;
	}
	return false;
}

/*
 * json-c accepts more than JSON has (control characters, "1.", NaN, UTF-8 that
 * is none), changes the integers that it cannot hold, and takes 800 bytes for
 * "{}". None of that may get past the door.
 */
static enum kt_status check_text(const char *text, size_t len,
				 struct kt_error *err)
{
	struct kt_buf strings KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_lex lex = { .begin = text, .at = text, .end = text + len };
	const bool object = kt_lex_peek(&lex) == '{';
	enum kt_status st;

	kt_buf_reserve(&strings, len);
	lex.free = strings.data;
	st = kt_lex_skip(&lex, err);
	if (st)
		return st;
	kt_lex_peek(&lex);
	if (lex.at < lex.end)
		return kt_lex_fail(&lex, "text behind the end", err);
	if (!object)
		return kt_fail(err, KT_DATA, "not a JSON object");
	if (lex.wide)
		return kt_fail(err, KT_DATA,
			       "it holds an integer beyond 64 bits");
	if (lex.nr_nested > KT_RECORD_MAX_NESTED)
		return kt_fail(err, KT_DATA,
			       "it holds more than %zu objects and lists",
			       KT_RECORD_MAX_NESTED);
	return KT_OK;
}

enum kt_status kt_record_parse_object(const char *text, size_t len,
				      struct kt_record **out,
				      struct kt_error *err)
{
	enum kt_status st;

	if (len > KT_RECORD_MAX_BYTES)
		return kt_fail(err, KT_DATA, "record longer than %zu bytes",
			       KT_RECORD_MAX_BYTES);
	if (holds_nul(text, len))
		return kt_fail(err, KT_DATA, "it holds a NUL character");
	st = check_text(len ? text : "", len, err);
	if (st)
		return st;

	struct json_tokener *tok KT_CLEANUP(tokener_freep) =
		kt_xcheck(json_tokener_new_ex(KT_RECORD_MAX_DEPTH));
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);

	struct json_object *obj KT_CLEANUP(json_putp) =
		json_tokener_parse_ex(tok, text, (int)len);
	if (!obj)
		return kt_fail(
			err, KT_DATA, "not JSON: %s",
			json_tokener_error_desc(json_tokener_get_error(tok)));
	*out = wrap(json_object_get(obj));
	return KT_OK;
}

enum kt_status kt_record_parse(const char *text, size_t len,
			       struct kt_record **out, struct kt_error *err)
{
	struct kt_record *rec = NULL;
	const char *schema;
	enum kt_status st = kt_record_parse_object(text, len, &rec, err);

	if (st)
		return st;
	st = kt_record_str(rec, "schema", &schema, err);
	if (st) {
		kt_record_free(rec);
		return st;
	}
	*out = rec;
	return KT_OK;
}

struct kt_record *kt_record_copy(const struct kt_record *rec)
{
	struct json_object *obj = NULL;

	if (json_object_deep_copy(rec->obj, &obj, NULL))
		kt_oom();
	return wrap(obj);
}

const char *kt_record_schema(const struct kt_record *rec)
{
	const char *schema = kt_record_text(rec, "schema");

	return schema ? schema : "";
}

bool kt_record_has(const struct kt_record *rec, const char *key)
{
	struct json_object *val;

	/* A null has no object in json-c. */
	return json_object_object_get_ex(rec->obj, key, &val) && val;
}

static enum kt_status member(const struct kt_record *rec, const char *key,
			     enum json_type type, struct json_object **out,
			     struct kt_error *err)
{
	struct json_object *val;

	if (!json_object_object_get_ex(rec->obj, key, &val))
		return kt_fail(err, KT_DATA, "member \"%s\" is missing", key);
	if (json_object_get_type(val) != type)
		return kt_fail(err, KT_DATA, "member \"%s\" is %s, not %s", key,
			       json_type_to_name(json_object_get_type(val)),
			       json_type_to_name(type));
	*out = val;
	return KT_OK;
}

enum kt_status kt_record_u64(const struct kt_record *rec, const char *key,
			     uint64_t *out, struct kt_error *err)
{
	struct json_object *val;
	enum kt_status st = member(rec, key, json_type_int, &val, err);

	if (st)
		return st;
	/* json-c clamps what does not fit, so test both readings for range. */
	if (json_object_get_int64(val) < 0 ||
	    json_object_get_uint64(val) > KT_RECORD_MAX_UINT)
		return kt_fail(err, KT_DATA, "member \"%s\" is out of range",
			       key);
	*out = json_object_get_uint64(val);
	return KT_OK;
}

enum kt_status kt_record_bool(const struct kt_record *rec, const char *key,
			      bool *out, struct kt_error *err)
{
	struct json_object *val;
	enum kt_status st = member(rec, key, json_type_boolean, &val, err);

	if (st)
		return st;
	*out = json_object_get_boolean(val);
	return KT_OK;
}

enum kt_status kt_record_double(const struct kt_record *rec, const char *key,
				double *out, struct kt_error *err)
{
	struct json_object *val;
	enum kt_status st;

	if (!json_object_object_get_ex(rec->obj, key, &val) ||
	    !json_object_is_type(val, json_type_int)) {
		st = member(rec, key, json_type_double, &val, err);
		if (st)
			return st;
	}
	*out = json_object_get_double(val);
	return KT_OK;
}

enum kt_status kt_record_str(const struct kt_record *rec, const char *key,
			     const char **out, struct kt_error *err)
{
	struct json_object *val;
	enum kt_status st = member(rec, key, json_type_string, &val, err);

	if (st)
		return st;
	*out = json_object_get_string(val);
	return KT_OK;
}

const char *kt_record_text(const struct kt_record *rec, const char *key)
{
	struct json_object *val;

	if (!json_object_object_get_ex(rec->obj, key, &val) ||
	    !json_object_is_type(val, json_type_string))
		return NULL;
	return json_object_get_string(val);
}

bool kt_record_flag(const struct kt_record *rec, const char *key)
{
	struct json_object *val;

	return json_object_object_get_ex(rec->obj, key, &val) &&
	       json_object_is_type(val, json_type_boolean) &&
	       json_object_get_boolean(val);
}

enum kt_status kt_record_u64_or(const struct kt_record *rec, const char *key,
				uint64_t absent, uint64_t *out,
				struct kt_error *err)
{
	if (kt_record_has(rec, key))
		return kt_record_u64(rec, key, out, err);
	*out = absent;
	return KT_OK;
}

enum kt_status kt_record_bool_or(const struct kt_record *rec, const char *key,
				 bool absent, bool *out, struct kt_error *err)
{
	if (kt_record_has(rec, key))
		return kt_record_bool(rec, key, out, err);
	*out = absent;
	return KT_OK;
}

enum kt_status kt_record_str_or_null(const struct kt_record *rec,
				     const char *key, const char **out,
				     struct kt_error *err)
{
	if (kt_record_has(rec, key))
		return kt_record_str(rec, key, out, err);
	*out = NULL;
	return KT_OK;
}

bool kt_record_has_object(const struct kt_record *rec, const char *key)
{
	struct json_object *val;

	return json_object_object_get_ex(rec->obj, key, &val) &&
	       json_object_is_type(val, json_type_object);
}

enum kt_status kt_record_object(const struct kt_record *rec, const char *key,
				struct kt_record **out, struct kt_error *err)
{
	struct json_object *val;
	enum kt_status st = member(rec, key, json_type_object, &val, err);

	if (st)
		return st;
	*out = wrap(json_object_get(val));
	return KT_OK;
}

enum kt_status kt_record_objectv(const struct kt_record *rec, const char *key,
				 struct kt_record ***out, size_t *nr,
				 struct kt_error *err)
{
	struct json_object *val;
	enum kt_status st = member(rec, key, json_type_array, &val, err);
	struct kt_record **objects;
	size_t n = 0, len;

	if (st)
		return st;
	len = json_object_array_length(val);
	objects = kt_xcalloc(len + 1, sizeof(struct kt_record *));
	for (size_t i = 0; i < len; i++) {
		struct json_object *el = json_object_array_get_idx(val, i);

		if (json_object_is_type(el, json_type_object))
			objects[n++] = wrap(json_object_get(el));
	}
	*out = objects;
	*nr = n;
	return KT_OK;
}

size_t kt_record_array_len(const struct kt_record *rec, const char *key)
{
	struct json_object *val;

	if (!json_object_object_get_ex(rec->obj, key, &val) ||
	    !json_object_is_type(val, json_type_array))
		return 0;
	return json_object_array_length(val);
}

void kt_record_objectv_free(struct kt_record **objects, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		kt_record_free(objects[i]);
	free(objects);
}

enum kt_status kt_record_strv(const struct kt_record *rec, const char *key,
			      const char ***out, struct kt_error *err)
{
	struct json_object *val;
	const char **strv;
	enum kt_status st;
	size_t nr;

	if (!kt_record_has(rec, key)) {
		*out = kt_xcalloc(1, sizeof(**out));
		return KT_OK;
	}
	st = member(rec, key, json_type_array, &val, err);
	if (st)
		return st;
	nr = json_object_array_length(val);
	strv = kt_xcalloc(nr + 1, sizeof(*strv));
	for (size_t i = 0; i < nr; i++) {
		struct json_object *el = json_object_array_get_idx(val, i);

		if (!json_object_is_type(el, json_type_string)) {
			free(strv);
			return kt_fail(
				err, KT_DATA,
				"member \"%s\" holds %s, not a string", key,
				json_type_to_name(json_object_get_type(el)));
		}
		strv[i] = json_object_get_string(el);
	}
	*out = strv;
	return KT_OK;
}

static void add(struct kt_record *rec, const char *key, struct json_object *val)
{
	/* On success the record owns val; it can only fail for want of memory. */
	if (json_object_object_add(rec->obj, key, val))
		kt_oom();
}

void kt_record_set_u64(struct kt_record *rec, const char *key, uint64_t val)
{
	if (val > KT_RECORD_MAX_UINT)
		val = KT_RECORD_MAX_UINT;
	add(rec, key, kt_xcheck(json_object_new_uint64(val)));
}

void kt_record_set_bool(struct kt_record *rec, const char *key, bool val)
{
	add(rec, key, kt_xcheck(json_object_new_boolean(val)));
}

void kt_record_set_double(struct kt_record *rec, const char *key, double val)
{
	char text[40];

	if (!isfinite(val)) {
		kt_record_unset(rec, key);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text) - 2, "%.*g", digits, val);
		if (strtod(text, NULL) == val)
			break;
	}
	if (!text[strcspn(text, ".e")])
		strncat(text, ".0", sizeof(text) - strlen(text) - 1);
	add(rec, key, kt_xcheck(json_object_new_double_s(val, text)));
}

/* @val as a JSON string, which must be UTF-8 whatever the bytes are. */
static struct json_object *new_string(const char *val)
{
	struct kt_buf clean KT_CLEANUP(kt_buf_release) = { 0 };
	size_t left = strlen(val);

	if (kt_utf8_valid(val, left))
		return kt_xcheck(json_object_new_string(val));
	while (left) {
		const size_t len = kt_utf8_len(val, left);

		if (len)
			kt_buf_add(&clean, val, len);
		else
			kt_buf_addf(&clean, "\\x%02x", (unsigned char)*val);
		val += len ? len : 1;
		left -= len ? len : 1;
	}
	return kt_xcheck(json_object_new_string(clean.data));
}

void kt_record_set_str(struct kt_record *rec, const char *key, const char *val)
{
	if (val)
		add(rec, key, new_string(val));
	else
		kt_record_unset(rec, key);
}

void kt_record_set_null(struct kt_record *rec, const char *key)
{
	add(rec, key, NULL);
}

void kt_record_unset(struct kt_record *rec, const char *key)
{
	json_object_object_del(rec->obj, key);
}

void kt_record_merge(struct kt_record *rec, const struct kt_record *from)
{
	json_object_object_foreach(from->obj, key, val)
	{
		if (strcmp(key, "schema") != 0)
			add(rec, key, json_object_get(val));
	}
}

void kt_record_share(struct kt_record *rec, const struct kt_record *from,
		     const char *key)
{
	struct json_object *val;

	if (json_object_object_get_ex(from->obj, key, &val) && val)
		add(rec, key, json_object_get(val));
}

void kt_record_set_array(struct kt_record *rec, const char *key)
{
	add(rec, key, kt_xcheck(json_object_new_array()));
}

static void append(struct kt_record *rec, const char *key,
		   struct json_object *val)
{
	struct json_object *array;

	if (!json_object_object_get_ex(rec->obj, key, &array)) {
		kt_record_set_array(rec, key);
		json_object_object_get_ex(rec->obj, key, &array);
	}
	if (json_object_array_add(array, val))
		kt_oom();
}

void kt_record_set_strv(struct kt_record *rec, const char *key,
			const char *const *vals)
{
	kt_record_set_array(rec, key);
	for (; *vals; vals++)
		append(rec, key, new_string(*vals));
}

void kt_record_take_object(struct kt_record *rec, const char *key,
			   struct kt_record *child)
{
	add(rec, key, json_object_get(child->obj));
	kt_record_free(child);
}

void kt_record_take_element(struct kt_record *rec, const char *key,
			    struct kt_record *child)
{
	append(rec, key, json_object_get(child->obj));
	kt_record_free(child);
}

enum kt_status kt_record_set_path(struct kt_record *rec, const char *key,
				  const char *path, struct kt_error *err)
{
	if (!kt_utf8_valid(path, strlen(path)))
		return kt_fail(err, KT_DATA, "path \"%s\" is not UTF-8", path);
	kt_record_set_str(rec, key, path);
	return KT_OK;
}

void kt_record_line(const struct kt_record *rec, struct kt_buf *buf)
{
	size_t len;
	const char *text = kt_xcheck(json_object_to_json_string_length(
		rec->obj,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len));

	kt_buf_add(buf, text, len);
	kt_buf_addc(buf, '\n');
}

enum kt_status kt_record_write(FILE *out, const struct kt_record *rec,
			       struct kt_error *err)
{
	const char *text = kt_xcheck(json_object_to_json_string_ext(
		rec->obj,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

	if (fputs(text, out) == EOF || putc('\n', out) == EOF || fflush(out))
		return kt_fail_errno(err, "cannot write to standard output");
	return KT_OK;
}

void kt_record_pretty(const struct kt_record *rec, struct kt_buf *buf)
{
	const char *text = kt_xcheck(json_object_to_json_string_ext(
		rec->obj, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				  JSON_C_TO_STRING_NOSLASHESCAPE));

	/*
	 * json-c breaks an empty array over two lines, other writers do not. A
	 * line feed is never part of a string.
	 */
	for (const char *at; (at = strstr(text, "[\n")); text = at) {
		kt_buf_add(buf, text, (size_t)(at + 1 - text));
		at++;
		if (at[1 + strspn(at + 1, " ")] == ']')
			at += 1 + strspn(at + 1, " ");
	}
	kt_buf_adds(buf, text);
}

struct kt_record *kt_record_of_error(const char *tool, uint64_t line,
				     const struct kt_error *err)
{
	struct kt_record *rec = kt_record_new(KT_SCHEMA_ERROR);

	kt_record_set_str(rec, "tool", tool);
	if (line)
		kt_record_set_u64(rec, "input_line", line);
	kt_record_set_u64(rec, "status", err->status);
	kt_record_set_str(rec, "message", err->msg);
	if (err->hint[0])
		kt_record_set_str(rec, "hint", err->hint);
	return rec;
}
