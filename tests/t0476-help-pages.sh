#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cargo ktstr help: the page, or what there is instead
# shellcheck disable=SC2034
. "${0%/*}/lib.sh"

# A man that tells how it was called.
start() {
	mkdir bin
	printf "#!/bin/sh\nfor a; do printf \"<%%s>\" \"\$a\"; done\necho\n" >bin/man
	printf "#!/bin/sh\n" >bin/less
	chmod +x bin/*
	ours=$(dirname "$(command -v cargo-ktstr)")
	unset MANPAGER PAGER
}

t 'the page of a subcommand or a tool is shown' '
	start
	show() {
		PATH=$PWD/bin:$ours cargo-ktstr ktstr help "$@" |
			sed "s|/[^<>]*/||"
	}
	{
		show
		show kernel build
		show cache
		show ktstr-cache
		show ktstr-cache clean
		show ktstr
		show ktstr-record
		show ktstr-init
		show fetch
	} >got
	cat >want <<-\END
	<-l><cargo-ktstr.1>
	<-P><less -p '\''^   (.* )?kernel build( .*)?$'\''><-l><cargo-ktstr.1>
	<-l><ktstr-cache.1>
	<-l><ktstr-cache.1>
	<-P><less -p '\''^   (.* )?clean( .*)?$'\''><-l><ktstr-cache.1>
	<-l><ktstr.1>
	<-l><ktstr-record.5>
	<-l><ktstr-init.8>
	<-l><ktstr-fetch.1>
	END
	same want got
	PAGER=more PATH=$PWD/bin:$ours cargo-ktstr help shell >got
	grep -q "^<-l>" got
'

t 'every subcommand has a section, which help opens' '
	for c in $(cargo-ktstr --help | sed -n "/^Sub/,/^$/s/^  \([a-z-]*\) .*/\1/p"); do
		grep -qE "^\.Ss (.* )?$c( .*)?$" "$top/man/cargo-ktstr.1" ||
			{ echo "$c"; exit 1; }
	done
'

t 'without man it is the text of --help' '
	start
	rm bin/man
	PATH=$ours cargo-ktstr help kernel build >got
	cargo-ktstr kernel build --help >want
	same want got
	PATH=$ours cargo-ktstr help cache >got
	ktstr-cache --help >want
	same want got
	PATH=$ours cargo-ktstr help >got
	cargo-ktstr --help >want
	same want got
	exits 77 env PATH="$ours" cargo-ktstr help ktstr-record 2>err
	says "hint: apt install man-db" err
'

t 'what there is no page of exits 2 and names the nearest' '
	exits 2 cargo-ktstr help cahce 2>err
	says "neither subcommand nor tool: \"cahce\"" err
	says "did you mean \"cache\"?" err
	exits 2 cargo-ktstr help kernel buidl 2>err
	exits 2 cargo-ktstr help ../../etc/passwd 2>err
'

t 'the pages are found where they are installed' '
	start
	mkdir -p root/bin root/share/man/man1
	cp -L "$(command -v ktstr)" root/bin/ktstr
	ln -s ktstr root/bin/cargo-ktstr
	gzip -c "$top/man/cargo-ktstr.1" >root/share/man/man1/cargo-ktstr.1.gz
	PATH=$PWD/bin:$PATH root/bin/cargo-ktstr help >got
	says "root/bin/../share/man/man1/cargo-ktstr.1.gz>" got
'

end
