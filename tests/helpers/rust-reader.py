#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""rust-reader - read a cache as the Rust ktstr 0.2.2 does

  rust-reader.py CACHE list            key and state of every entry, in order
  rust-reader.py CACHE lookup KEY      the image's path, or nothing and exit 1
  rust-reader.py CACHE newest HASH     what it would boot unasked, its fragment's
                                       hash being HASH

Its rules, without ours: what serde makes of metadata.json, which directories
are entries, their order, and the sections and symbols that its monitor reads
of a vmlinux by way of an ELF reader that looks names up.
"""
import json
import os
import struct
import sys

SOURCES = ("tarball", "git", "local")
REQUIRED = ("source", "arch", "image_name", "built_at")
OPTIONAL = ("version", "config_hash", "ktstr_kconfig_hash", "git_hash",
            "git_ref", "source_tree_path", "vmlinux_name", "ktstr_git_hash")


class Corrupt(Exception):
    pass


def no_duplicates(pairs):
    out = {}
    for key, value in pairs:
        if key in out and key in REQUIRED + OPTIONAL:
            raise Corrupt(f"duplicate {key}")
        out[key] = value
    return out


def no_constant(name):
    raise Corrupt(f"{name} is no JSON")


def metadata(entry):
    try:
        with open(os.path.join(entry, "metadata.json"), "rb") as f:
            text = f.read().decode("utf-8")
        meta = json.loads(text, object_pairs_hook=no_duplicates,
                          parse_constant=no_constant)
    except (OSError, ValueError) as e:
        raise Corrupt(str(e)) from e
    if not isinstance(meta, dict):
        raise Corrupt("no object")
    for key in REQUIRED:
        if not isinstance(meta.get(key), str):
            raise Corrupt(f"{key} is no string")
    for key in OPTIONAL:
        if not isinstance(meta.get(key), (str, type(None))):
            raise Corrupt(f"{key} is neither string nor null")
    if meta["source"] not in SOURCES:
        raise Corrupt("unknown source")
    return meta


def entries(cache):
    found = []
    for name in os.listdir(os.fsencode(cache)):
        path = os.path.join(os.fsencode(cache), name)
        try:
            key = name.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if key.startswith(".tmp-") or not os.path.isdir(path):
            continue
        path = os.path.join(cache, key)
        try:
            found.append((key, path, metadata(path), None))
        except Corrupt as e:
            found.append((key, path, None, str(e)))
    # Stable, descending by time as text, without metadata last.
    good = [e for e in found if e[2]]
    good.sort(key=lambda e: e[2]["built_at"], reverse=True)
    return good + [e for e in found if not e[2]]


def bad_key(key):
    return (not key.strip() or "/" in key or "\\" in key or key == "." or
            ".." in key or "\0" in key or key.startswith(".tmp-"))


def image(path, meta):
    file = os.path.join(path, meta["image_name"])
    return file if os.path.exists(file) else None


def lookup(cache, key):
    path = os.path.join(cache, key)
    if bad_key(key) or not os.path.isdir(path):
        return None
    try:
        return image(path, metadata(path))
    except Corrupt:
        return None


def newest(cache, current):
    for _, path, meta, _ in entries(cache):
        if not meta or not image(path, meta):
            continue
        if meta.get("ktstr_kconfig_hash") in (None, current):
            return image(path, meta)
    return None


def symbols(path):
    """Names with a value other than 0, and the sections, of an ELF64 file."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:6] != b"\x7fELF\x02\x01":
        raise Corrupt("no ELF64")
    shoff, = struct.unpack_from("<Q", data, 0x28)
    size, nr, strndx = struct.unpack_from("<HHH", data, 0x3A)
    heads = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * size)
             for i in range(nr)]

    def text(table, at):
        start = heads[table][4] + at
        return data[start:data.index(b"\0", start)].decode()

    sections = {text(strndx, h[0]): h for h in heads}
    names = set()
    table = sections[".symtab"]
    for at in range(table[4], table[4] + table[5], 24):
        name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", data, at)
        if value:
            names.add(text(table[6], name))
    return names, sections


def main(argv):
    cache, what = argv[1], argv[2]
    if what == "list":
        for key, _, meta, why in entries(cache):
            print(key, "ok" if meta else f"corrupt: {why}")
        return 0
    if what == "symbols":
        names, sections = symbols(argv[3])
        if not sections.get(".BTF") or not sections[".BTF"][5]:
            print("no .BTF")
            return 1
        missing = [n for n in argv[4:] if n not in names]
        print("missing:", *missing)
        return 1 if missing else 0
    found = (lookup if what == "lookup" else newest)(cache, argv[3])
    if found:
        print(found)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
