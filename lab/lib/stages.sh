# SPDX-License-Identifier: GPL-2.0
# Owns the cache's shape: each thing the lab is made of is one stage, built once
# into a folder that is named after all it was built from. lab/stages/NAME.sh
# defines, for its stage:
#
#   NAME_key     prints what the result depends on
#   NAME_build   makes it, in the current folder (resuming what is there)
#   NAME_needs   optional: other stages that must be there first
#   NAME_tools   optional: installs what its key asks for

LAB_STAGES='tools bochs bios guest stock-6.1 stock-6.12 source built-small built-debug'
# Those that only their users ask for.
LAB_MORE_STAGES='bochs-source bochs-unpatched bochs-profile clang'

# stage_dir STAGE: the folder that holds (or will hold) its result.
stage_dir() {
	stage_load "$1"
	printf '%s/%s-%s\n' "$LAB_CACHE" "$1" "$("$(stage_fn "$1")_key" | key_of)"
}

stage_fn() { printf '%s\n' "$1" | tr '.-' '__'; }

stage_load() {
	case " $LAB_STAGES $LAB_MORE_STAGES " in
	*" $1 "*) ;;
	*) die "there is no stage '$1'; the stages are: $LAB_STAGES" ;;
	esac
	# shellcheck source=/dev/null
	. "$LAB_TREE/lab/stages/${1%%-*}.sh"
}

stage_ready() { [ -f "$(stage_dir "$1")/.done" ]; }

# stage STAGE...: see to it that each is there. Never call this in a condition:
# the shell would then ignore a command that fails half-way through a build.
stage() {
	for wanted; do
		stage_load "$wanted"
		if ! stage_ready "$wanted"; then
			(stage_prepare "$wanted")
			(stage_make "$wanted")
		fi
	done
}

stage_prepare() {
	if command -v "$(stage_fn "$1")_tools" >/dev/null; then
		"$(stage_fn "$1")_tools"
	fi
	if command -v "$(stage_fn "$1")_needs" >/dev/null; then
		# shellcheck disable=SC2046  # a list of stage names
		stage $("$(stage_fn "$1")_needs")
	fi
}

# stage_make STAGE: build it, one builder at a time. A killed build leaves no
# .done behind; the next one goes on from what it finds.
stage_make() {
	dir=$(stage_dir "$1")
	need_space 200 "setting up $1"
	mkdir -p "$dir" "$LAB_CACHE/lock" "$LAB_CACHE/log"
	exec 9>"$LAB_CACHE/lock/$1"
	if ! flock -n 9; then
		say "waiting for another set-up to finish $1"
		flock 9
	fi
	[ ! -f "$dir/.done" ] || return 0
	began=$(date +%s)
	making=$1
	say "setting up $making"
	trap '[ $? = 0 ] || say "setting up $making failed; the same command goes on from here"' EXIT
	cd "$dir"
	"$(stage_fn "$1")_build" 9>&-
	: >"$dir/.done"
	say "$1 is ready ($(($(date +%s) - began)) s)"
}
