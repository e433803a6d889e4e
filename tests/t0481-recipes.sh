#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the recipes in contrib/: well-formed, and the shell in them too
# shellcheck disable=SC2016,SC2034,SC2154
. "${0%/*}/lib.sh"

# What contrib/FILE has the shell do: one file a script, in scripts/
scripts() {
	python=
	for p in python3 /usr/bin/python3; do
		$p -c "import yaml" 2>/dev/null && python=$p && break
	done
	[ -n "$python" ] || { echo "no PyYAML: apt install python3-yaml"; exit 77; }
	rm -rf scripts
	mkdir scripts
	"$python" - "$top/contrib/$1" <<-\END
	import sys, yaml
	nr = 0
	def put(text):
	    global nr
	    nr += 1
	    open("scripts/%d.sh" % nr, "w").write("#!/bin/sh\n" + text + "\n")
	def walk(x):
	    if isinstance(x, dict):
	        for k, v in x.items():
	            if k == "run" and isinstance(v, str): put(v)
	            elif k == "script": put("\n".join(v))
	            elif k == "command" and v[:1] == ["/bin/sh"]: put(v[-1])
	            else: walk(v)
	    elif isinstance(x, list):
	        for v in x: walk(v)
	for doc in yaml.safe_load_all(open(sys.argv[1])): walk(doc)
	assert nr, "no shell in it"
	END
}

for file in github-actions.yml gitlab-ci.yml kubernetes-job.yaml; do
	t "$file is good YAML, and its shell is good shell" "
		if command -v yamllint >/dev/null; then
			yamllint -s -d relaxed '$top/contrib/$file'
		fi
		scripts $file
		command -v shellcheck >/dev/null || { echo no shellcheck; exit 77; }
		shellcheck -S warning scripts/*.sh
	"
done

t 'the programs and options in them are ours' '
	for f in github-actions.yml gitlab-ci.yml kubernetes-job.yaml slurm-array.sh; do
		grep -o "ktstr-[a-z]*[^|&;>\\\\]*" "$top/contrib/$f" || :
	done | grep -E "^ktstr-(fetch|kbuild|cache|initramfs|vmm|verifier|stats)" >lines
	[ "$(wc -l <lines)" -ge 8 ]
	while read -r tool rest; do
		"$tool" --version >/dev/null
		for word in $rest; do
			case $word in
			--?*) ;;
			*) continue ;;
			esac
			"$tool" --help >help
			for sub in add get programs; do
				"$tool" $sub --help >>help 2>/dev/null || :
			done
			grep -q -e "$word" help || { echo "$tool has no $word"; exit 1; }
		done
	done <lines
'

t 'what a recipe installs has a name that Ubuntu knows too' '
	mkdir bin
	printf "#!/bin/sh\n" >bin/dpkg-query
	printf "#!/bin/sh\nexec \"\$@\"\n" >bin/sudo
	printf "#!/bin/sh\necho \"\$*\" >>log\n" >bin/apt-get
	chmod +x bin/*
	PATH=$PWD/bin:$PATH
	# asked WORDS...: what contrib/deps has apt-get install, if all is missing
	asked() {
		rm -f log
		"$top/contrib/deps" "$@" 2>err
		sed -n "s/^install .*recommends //p" log | tr " " "\n"
	}
	group=$(sed -n "s|.*contrib/deps ||p" "$top/contrib/github-actions.yml")
	asked "$group" >got
	grep -qx libbpf-dev got
	grep -qx busybox-static got
	# Its sources of kernels are called otherwise.
	exits 1 grep linux-source got
	asked >default
	exits 1 grep linux-source default
	group=$(sed -n "s|^contrib/deps ||p" "$top/contrib/demo")
	asked "$group" >got
	grep -qx busybox-static got
	grep -qx linux-source-6.12 got
'

t 'what has no tasks or arguments says how it is used' '
	exits 2 "$top/contrib/slurm-array.sh" 2>err
	says "sbatch --array" err
	exits 2 "$top/contrib/bisect" 2>err
	says "GOOD BAD" err
'

end
