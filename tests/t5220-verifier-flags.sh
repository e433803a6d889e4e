#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-verifier: what schedulers answer when they are asked for their flags
. "${0%/*}/lib.sh"
. "$top/tests/vm/lib.sh"
. "$top/tests/vm/scx.sh"

# answers FILE: make ./sched, which prints FILE when asked, and is the fixture.
answers() {
	cp "$1" answer
	cat >sched <<-\END
	#!/bin/sh
	case "$*" in
	*--ktstr-list-flags*) cat /include-files/answer; exit ;;
	esac
	exec /include-files/scx_fixture "$@"
	END
	chmod +x sched
}

t 'all profiles run in one boot, and their programs differ by flags' '
	fixture
	verify --scheduler-bin "$fixture" --all-profiles -t --observe-ms 0 \
		--logs logs >got 2>err
	says "5 flags make 24 profiles" err
	[ ! -e logs/boot-2 ]
	sed -n "/--- profile summary/,\$p" got >table
	# Of flags in mask order: default llc llc+steal burst ...
	sed -n 2p table | tr -s " " | grep -q \
		"^ program default llc llc+steal burst llc+burst llc+steal+burst"
	set -- $(grep fixture_select_cpu table)
	[ "$2" -lt "$3" ]
	[ "$3" -eq "$4" ]
	set -- $(grep fixture_dispatch table)
	[ "$2" -eq "$3" ]
	[ "$3" -lt "$4" ]
	# From now on TAB knows them.
	cargo-ktstr __complete ktstr-verifier --scheduler-bin scx_fixture \
		--profiles llc+st >got
	printf "%s\n" "words nospace" llc+steal >want
	same want got
'

t 'some run by name, whatever the order, and parts make the whole' '
	fixture
	verify --scheduler-bin "$fixture" --profiles deep,steal+llc,default \
		--observe-ms 0 >got
	sed -n "s/.*\"profile\":\"\([^\"]*\)\".*/\1/p" got | uniq >have
	printf "default\nllc+steal\ndeep\n" >want
	same want have
	for k in 1 2; do
		verify --scheduler-bin "$fixture" --observe-ms 0 --shard $k/2 \
			--profiles deep,steal+llc,default >>parts 2>err
		says "part $k of 2" err
	done
	sed -n "s/.*\"profile\":\"\([^\"]*\)\".*/\1/p" parts | sort -u >have
	sort want | diff - have
'

t 'more than are allowed do not run, and a part is what runs here' '
	fixture
	exits 1 verify --scheduler-bin "$fixture" --profiles deep,llc \
		--max-profiles 1 --observe-ms 0 >got 2>err
	says "2 profiles are to be run, and at most 1 are wanted" err
	! grep -q program/1 got || exit 1
	verify --scheduler-bin "$fixture" --all-profiles --shard 2/24 \
		--max-profiles 1 --observe-ms 0 >got 2>err
	sed -n "s/.*\"profile\":\"\([^\"]*\)\".*/\1/p" got | uniq >have
	echo llc >want
	same want have
'

t 'machines side by side write the same, in the same order' '
	fixture
	verify --scheduler-bin "$fixture" --observe-ms 0 --jobs 2 --csv \
		--profiles llc,llc+steal,burst,trace >two 2>err
	verify --scheduler-bin "$fixture" --observe-ms 0 --csv \
		--profiles llc,llc+steal,burst,trace >one 2>err
	same one two
'

t 'a list that cannot be read is an error, and nothing runs' '
	fixture
	cp "$fixture" scx_fixture
	printf "[{\"name\":\"a\",]" >list
	answers list
	exits 3 verify --scheduler-bin ./sched -i answer -i scx_fixture --all-profiles >got 2>err
	says "the list of flags" err
	says "\"schema\":\"ktstr.error/1\"" got
	[ "$(wc -l <got)" -eq 1 ]
'

t 'of forty flags some can be run, and not all' '
	fixture
	cp "$fixture" scx_fixture
	{
		printf "["
		for i in $(seq 39); do
			printf "{\"name\":\"f%d\",\"args\":[],\"requires\":[]}," "$i"
		done
		echo "{\"name\":\"llc\",\"args\":[\"--llc\"],\"requires\":[\"f1\"]}]"
	} >list
	answers list
	exits 1 verify --scheduler-bin ./sched -i answer -i scx_fixture --all-profiles >got 2>err
	says "40 flags make at least" err
	says "name some with --profiles" err
	verify --scheduler-bin ./sched -i answer -i scx_fixture --profiles llc+f1 >got 2>err
	says "\"profile\":\"f1+llc\"" got
	exits 2 verify --scheduler-bin ./sched -i answer -i scx_fixture --profiles llc >got 2>err
	says "flag \"llc\" requires \"f1\"" err
'

t 'a flag that requires what is not there is in no profile; a circle is one' '
	fixture
	cp "$fixture" scx_fixture
	cat >list <<-\END
	[{"name":"a","args":[],"requires":["nothing"]},
	 {"name":"b","args":["--llc"],"requires":["c"]},
	 {"name":"c","args":[],"requires":["b"]}]
	END
	answers list
	verify --scheduler-bin ./sched -i answer -i scx_fixture --all-profiles >got 2>err
	says "flag \"a\" is in no profile: it requires \"nothing\"" err
	sed -n "s/.*\"profile\":\"\([^\"]*\)\".*/\1/p" got | uniq >have
	printf "default\nb+c\n" >want
	same want have
'

t 'no answer, or something else, is one profile' '
	fixture
	cp "$fixture" scx_fixture
	echo "usage: sched [options]" >list
	answers list
	verify --scheduler-bin ./sched -i answer -i scx_fixture --all-profiles >got 2>err
	says "its one profile is \"default\"" err
	says "\"profile\":\"default\"" got
'

t 'one that just runs when it is asked is stopped, and then runs' '
	fixture
	cp "$fixture" scx_fixture
	cat >sched <<-\END
	#!/bin/sh
	exec /include-files/scx_fixture --ignored
	END
	chmod +x sched
	verify --scheduler-bin ./sched -i scx_fixture --all-profiles >got 2>err
	says "does not answer --ktstr-list-flags" err
	[ "$(grep -c program/1 got)" -eq 5 ]
'

t 'what is no program for the guest is told as such' '
	fixture
	printf "#!/no/such/interpreter\n" >script
	chmod +x script
	exits 1 verify --scheduler-bin ./script >got 2>err
	says "cannot run in the guest: /include-files/script" err
	{
		head -c 18 "$fixture"
		printf "\267\0"
		tail -c +21 "$fixture"
	} >other
	chmod +x other
	exits 3 verify --scheduler-bin ./other >got 2>err
	says "is a program for another machine than" err
'

t 'a log of many megabytes, with any bytes in it, comes out whole' '
	fixture
	cat >sched <<-\END
	#!/bin/sh
	echo "libbpf: prog '\''big'\'': -- BEGIN PROG LOAD LOG --"
	printf "\0\377\200 odd\n"
	i=0
	while [ $i -lt 40 ]; do
		head -c 500000 /dev/zero | tr "\0" x
		echo
		i=$((i + 1))
	done
	echo "processed 7 insns (limit 1000000) total_states 3 peak_states 2"
	echo "libbpf: prog '\''big'\'': -- END PROG LOAD LOG --"
	exit 1
	END
	chmod +x sched
	exits 1 verify --scheduler-bin ./sched --logs logs -t >got 2>err
	[ "$(wc -c <logs/profile-1.log)" -gt 20000000 ]
	[ "$(wc -c <got)" -gt 20000000 ]
	LC_ALL=C grep -qa "$(printf "\377\200") odd" got
	says "  processed=7  states=2/3" got
	says "the verifier rejected a program" err
'

end
