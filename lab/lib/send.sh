# SPDX-License-Identifier: GPL-2.0
# Owns the format in which files go into the simulated machine (lab/guest/init.c
# unpacks it): "F MODE SIZE PATH" and the bytes, "L TARGET PATH", "E" at the end.

# send_file HOST-PATH MACHINE-PATH
send_file() {
	send_size=$(stat -L -c %s -- "$1")
	printf 'F %s %s %s\n' "$(stat -L -c %a -- "$1")" "$send_size" "$2"
	head -c "$send_size" -- "$1"
}

send_end() { echo E; }

# send_text MODE MACHINE-PATH: standard input, which is short.
send_text() {
	text=$(cat; echo .)
	text=${text%.}
	printf 'F %s %s %s\n%s' "$1" "$(printf %s "$text" | wc -c)" "$2" "$text"
}

# send_tree DIR [PREFIX]: everything below DIR.
send_tree() {
	(
		cd "$1" || exit
		find . -type l -printf 'L %l '"${2-}"'/%P\n'
		find . -type f -printf '%m %s %P\n' | sort -k3 | while read -r mode size path; do
			printf 'F %s %s %s/%s\n' "$mode" "$size" "${2-}" "$path"
			cat "$path"
		done
	)
}
