# SPDX-License-Identifier: GPL-2.0
# Owns the flame graph: lines "FRAME;FRAME... <tab> INSTRUCTIONS <tab> ROUND-TRIPS",
# sorted, become an SVG. A frame is as wide as its instructions are many; what it
# called is above it; a pointer resting on it shows the figures.

BEGIN {
	WIDTH = 1200
	HEIGHT = 17	# of a frame
	LETTER = 6.6	# how wide one is
	LEAST = 0.4	# narrower ones are left out
}

function escaped(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

# What it belongs to chooses the hue; the name a shade.
function colour(name,   i, shade) {
	for (i = 1; i <= length(name); i++)
		shade = (shade * 7 + index("abcdefghijklmnopqrstuvwxyz_0123456789", substr(name, i, 1))) % 40
	if (name ~ /\[vmring/)
		return sprintf("rgb(%d,%d,235)", 110 + shade, 160 + shade)
	if (name ~ /\[/)
		return sprintf("rgb(%d,215,%d)", 110 + shade, 130 + shade)
	return sprintf("rgb(240,%d,%d)", 140 + shade, 70 + shade)
}

function frame_begin(level, name) {
	frames++
	frame_at[level] = frames
	frame_name[frames] = name
	frame_level[frames] = level
	frame_x[frames] = total
	frame_trips[frames] = $3
	if (level > deepest)
		deepest = level
}

# A prefix of the stack that is as it was goes on; the rest begins here.
{
	levels = split($1, stack, ";")
	same = 1
	while (same <= levels && same <= open && stack[same] == current[same])
		same++
	for (level = same; level <= levels; level++) {
		current[level] = stack[level]
		frame_begin(level, stack[level])
	}
	open = levels
	for (level = 1; level <= levels; level++)
		frame_size[frame_at[level]] += $2
	total += $2
}

function print_frame(f,   x, width, y, text, letters) {
	x = 10 + frame_x[f] * WIDTH / total
	width = frame_size[f] * WIDTH / total
	if (width < LEAST)
		return
	y = (deepest - frame_level[f]) * HEIGHT + 30
	letters = int((width - 4) / LETTER)
	text = frame_name[f]
	if (length(text) > letters)
		text = letters > 3 ? substr(text, 1, letters - 2) ".." : ""
	printf "<g><title>%s: %.1f instructions a round trip, %.1f %%</title>", escaped(frame_name[f]),
		frame_size[f] / frame_trips[f], 100 * frame_size[f] / total
	printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", x, y, width, HEIGHT - 1, colour(frame_name[f])
	if (text != "")
		printf "<text x=\"%.1f\" y=\"%d\">%s</text>", x + 2, y + 12, escaped(text)
	print "</g>"
}

END {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"monospace\" font-size=\"11\">\n",
		WIDTH + 20, deepest * HEIGHT + 50
	print "<rect width=\"100%\" height=\"100%\" fill=\"#fdfdf6\"/>"
	printf "<text x=\"10\" y=\"18\">VM exit to VM entry: %d instructions in clean windows</text>\n", total
	for (f = 1; f <= frames; f++)
		print_frame(f)
	print "</svg>"
}
