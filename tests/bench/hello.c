// SPDX-License-Identifier: GPL-2.0-only
/* hello - what a program that links json-c and prints a line costs to start */
#include <stdio.h>

#include <json-c/json.h>

int main(void)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "hello", json_object_new_string("world"));
	puts(json_object_to_json_string(obj));
	json_object_put(obj);
	return 0;
}
