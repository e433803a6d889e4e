/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/record.h - the one thing ktstr tools say to each other
 *
 * A record is a JSON object on one line, LF-terminated, UTF-8. Its first
 * member is "schema", a name and a major version: "ktstr.run/1". A key ends
 * in its unit where it has one (_ns, _bytes); values are in that unit and
 * are never scaled here. This header is the only one that knows JSON, and
 * lib/record.c the only file that includes json-c. The schemas are documented
 * in ktstr-record(5).
 */
#ifndef KT_RECORD_H
#define KT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_RECORD_MAX_BYTES ((size_t)16 << 20)	     /* one line, LF excluded */
#define KT_RECORD_MAX_DEPTH 32			     /* nested {} and [] */
#define KT_RECORD_MAX_NESTED ((size_t)256 << 10)     /* {} and [] in all */
#define KT_RECORD_MAX_UINT ((UINT64_C(1) << 53) - 1) /* exact in a double */

#define KT_SCHEMA_KERNEL "ktstr.kernel/1"
#define KT_SCHEMA_RUN "ktstr.run/1"
#define KT_SCHEMA_ERROR "ktstr.error/1"

struct kt_record;

/*
 * New record holding only its schema, or nothing if @schema is NULL (a part of
 * another record, or JSON that is not a record of ours). Never NULL: running
 * out of memory ends the process. The caller owns the result.
 */
struct kt_record *kt_record_new(const char *schema);

/*
 * Parse @len bytes at @text, which need not be NUL-terminated.
 *
 * KT_OK: *out is a record the caller owns; it keeps no pointer into @text.
 * KT_DATA: not one well-formed record within the limits above (RFC 8259, and no
 * NUL), or one with an integer beyond 64 bits, which could not be passed on;
 * *out untouched.
 */
enum kt_status kt_record_parse(const char *text, size_t len,
			       struct kt_record **out,
			       struct kt_error *err) KT_MUST_CHECK;

/* The same for a JSON object that needs no "schema" (metadata.json, QMP). */
enum kt_status kt_record_parse_object(const char *text, size_t len,
				      struct kt_record **out,
				      struct kt_error *err) KT_MUST_CHECK;

/* NULL is fine. kt_record_freep() is the same, for KT_CLEANUP(). */
void kt_record_free(struct kt_record *rec);
void kt_record_freep(struct kt_record **rec);

/* A deep copy the caller owns. */
struct kt_record *kt_record_copy(const struct kt_record *rec);

/* The value of "schema", borrowed; "" if there is none. */
const char *kt_record_schema(const struct kt_record *rec);

/* Set every member of @from on @rec, in its order; "schema" stays @rec's. */
void kt_record_merge(struct kt_record *rec, const struct kt_record *from);

/* True if member @key is there and not null. */
bool kt_record_has(const struct kt_record *rec, const char *key);

/*
 * Read member @key. KT_DATA if it is missing, of another type, or beyond
 * KT_RECORD_MAX_UINT; *out is then untouched. There is no coercion: "1", 1.0
 * and -1 are not unsigned integers. A string is borrowed, and lives until
 * @rec is freed or that key is set again.
 */
enum kt_status kt_record_u64(const struct kt_record *rec, const char *key,
			     uint64_t *out, struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_record_bool(const struct kt_record *rec, const char *key,
			      bool *out, struct kt_error *err) KT_MUST_CHECK;

/* A finite number, with or without a fraction. */
enum kt_status kt_record_double(const struct kt_record *rec, const char *key,
				double *out,
				struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_record_str(const struct kt_record *rec, const char *key,
			     const char **out,
			     struct kt_error *err) KT_MUST_CHECK;

/*
 * For members that only matter if they are there and of this type: the string,
 * borrowed as above, or NULL; true if it is true.
 */
const char *kt_record_text(const struct kt_record *rec, const char *key);
bool kt_record_flag(const struct kt_record *rec, const char *key);

/*
 * kt_record_str() and the like for members that may be absent or null: *out is then @absent (for
 * strings NULL). A wrong type is still KT_DATA.
 */
enum kt_status kt_record_u64_or(const struct kt_record *rec, const char *key,
				uint64_t absent, uint64_t *out,
				struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_record_bool_or(const struct kt_record *rec, const char *key,
				 bool absent, bool *out,
				 struct kt_error *err) KT_MUST_CHECK;
enum kt_status kt_record_str_or_null(const struct kt_record *rec,
				     const char *key, const char **out,
				     struct kt_error *err) KT_MUST_CHECK;

/* True if member @key is an object. */
bool kt_record_has_object(const struct kt_record *rec, const char *key);

/* Member @key, an object: *out is a view of it that the caller frees. */
enum kt_status kt_record_object(const struct kt_record *rec, const char *key,
				struct kt_record **out,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * Member @key, an array of strings, or absent: *out is NULL-terminated, its
 * strings are borrowed like those of kt_record_str(), and the caller frees the
 * vector itself.
 */
enum kt_status kt_record_strv(const struct kt_record *rec, const char *key,
			      const char ***out,
			      struct kt_error *err) KT_MUST_CHECK;

/*
 * Member @key, an array, as far as its elements are objects: *out is a vector
 * of *nr views, which the caller frees with kt_record_objectv_free().
 */
enum kt_status kt_record_objectv(const struct kt_record *rec, const char *key,
				 struct kt_record ***out, size_t *nr,
				 struct kt_error *err) KT_MUST_CHECK;
void kt_record_objectv_free(struct kt_record **objects, size_t nr);

/* How many elements member @key has, of any kind; 0 if it is no array. */
size_t kt_record_array_len(const struct kt_record *rec, const char *key);

/*
 * Set @key, replacing any earlier value. Keys keep the order they were first
 * set in, so output is the same bytes every time. Strings are copied; what is
 * not UTF-8 in one stands as \xNN. Numbers above KT_RECORD_MAX_UINT saturate.
 * A NULL string removes the member.
 */
void kt_record_set_u64(struct kt_record *rec, const char *key, uint64_t val);
void kt_record_set_bool(struct kt_record *rec, const char *key, bool val);

/*
 * As few of 15 to 17 digits as read back as @val, always with a point or an
 * exponent, so that a reader sees the same type every time. NaN and infinity,
 * which JSON cannot say, remove the member: absent means unknown.
 */
void kt_record_set_double(struct kt_record *rec, const char *key, double val);
void kt_record_set_str(struct kt_record *rec, const char *key, const char *val);
void kt_record_set_null(struct kt_record *rec, const char *key);
void kt_record_unset(struct kt_record *rec, const char *key);
void kt_record_set_strv(struct kt_record *rec, const char *key,
			const char *const *vals);

/* @child becomes member @key; it is consumed. */
void kt_record_take_object(struct kt_record *rec, const char *key,
			   struct kt_record *child);

/* @child becomes the last element of array @key, made if absent; consumed. */
void kt_record_take_element(struct kt_record *rec, const char *key,
			    struct kt_record *child);

/* Set @key to what it is in @from, if it is there and not null: shared, not
 * copied, since values never change. */
void kt_record_share(struct kt_record *rec, const struct kt_record *from,
		     const char *key);

/* Make @key an array, empty until kt_record_take_element(). */
void kt_record_set_array(struct kt_record *rec, const char *key);

/*
 * A path: KT_DATA if it is not UTF-8, since a record could not carry it and
 * whoever opened what is left of it would open another file.
 */
enum kt_status kt_record_set_path(struct kt_record *rec, const char *key,
				  const char *path,
				  struct kt_error *err) KT_MUST_CHECK;

/* Write @rec as one line. KT_SYS if the stream has failed. */
enum kt_status kt_record_write(FILE *out, const struct kt_record *rec,
			       struct kt_error *err) KT_MUST_CHECK;

/* Append @rec to @buf as one line: what kt_record_write() would write. */
void kt_record_line(const struct kt_record *rec, struct kt_buf *buf);

/* Append @rec to @buf, indented by two spaces, without a final newline. */
void kt_record_pretty(const struct kt_record *rec, struct kt_buf *buf);

/*
 * A "ktstr.error/1" record of @err. @line is the number of the input line it
 * stands for, or 0. The caller owns it.
 */
struct kt_record *kt_record_of_error(const char *tool, uint64_t line,
				     const struct kt_error *err);

#endif
