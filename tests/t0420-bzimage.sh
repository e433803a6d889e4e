#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# kernels packed in all the ways that kernels are packed
. "${0%/*}/lib.sh"

units=${KT_BUILD:-$top/build}/tests/unit

# unpacks PACKER ARGS...: what it packs comes out of a bzImage again. The size
# goes behind it, as scripts/Makefile.lib does it (gzip has it already).
unpacks() {
	command -v "$1" >/dev/null || {
		echo "no $1"
		exit 77
	}
	elf=${KT_BIN:-$top/build/bin}/ktstr-init
	"$@" <"$elf" >packed
	[ "$1" = gzip ] ||
		python3 -c "import os, struct, sys
sys.stdout.buffer.write(struct.pack('<I', os.path.getsize(sys.argv[1])))" \
			"$elf" >>packed
	"$units/bzimage" wrap packed bzImage
	"$units/bzimage" unpack bzImage out
	cmp "$elf" out
}

t 'gzip' 'unpacks gzip -n -9'
t 'bzip2' 'unpacks bzip2 -9'
t 'lzma' 'unpacks lzma -9'
t 'xz' 'unpacks xz --check=crc32 --x86 --lzma2=,dict=32MiB'
t 'lz4' 'unpacks lz4 -l -9'
t 'zstd' 'unpacks zstd -q -22 --ultra'

t 'lzo is named, for that is what is wrong' '
	printf "\211LZO\000\r\n\032\n" >packed
	"$units/bzimage" wrap packed bzImage
	exits 3 "$units/bzimage" unpack bzImage out 2>err
	says "packed with lzo" err
'

end
