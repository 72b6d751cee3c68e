# SPDX-License-Identifier: GPL-2.0
# Owns what lab/profile prints, made from the lines of the instrumentation
# library (lab/bochs/instrument/instrument.cc), and from the headers of -v tree=
# where VMCS fields and MSRs have their names. -v mode= is one of
#
#   table    for a person
#   json     an array, an object a line
#   folded   "STACK<tab>INSTRUCTIONS<tab>ROUND-TRIPS" for flame.awk
#   names    the reasons that there are; known: is -v reason= one of them?

BEGIN {
	split("EXCEPTION-NMI EXTERNAL-INTERRUPT TRIPLE-FAULT INIT SIPI IO-SMI SMI INTERRUPT-WINDOW NMI-WINDOW " \
		"TASK-SWITCH CPUID GETSEC HLT INVD INVLPG RDPMC RDTSC RSM VMCALL VMCLEAR VMLAUNCH VMPTRLD VMPTRST " \
		"VMREAD VMRESUME VMWRITE VMXOFF VMXON CR-ACCESS DR-ACCESS IO RDMSR WRMSR ENTRY-GUEST-STATE " \
		"ENTRY-MSR-LOAD 35 MWAIT MONITOR-TRAP 38 MONITOR PAUSE ENTRY-MACHINE-CHECK 42 TPR-THRESHOLD " \
		"APIC-ACCESS VIRTUAL-EOI GDTR-IDTR LDTR-TR EPT-VIOLATION EPT-MISCONFIG INVEPT RDTSCP " \
		"PREEMPTION-TIMER INVVPID WBINVD XSETBV APIC-WRITE RDRAND INVPCID VMFUNC ENCLS RDSEED PML-FULL " \
		"XSAVES XRSTORS PCONFIG SPP UMWAIT TPAUSE LOADIWKEY ENCLV 71 ENQCMD-PASID ENQCMDS-PASID BUS-LOCK " \
		"NOTIFY SEAMCALL TDCALL", names, " ")
	split("vmread vmwrite rdmsr wrmsr cr-read cr-write", columns, " ")
	for (i in columns)
		is_column[columns[i]] = 1
	load_names(tree "/module/vmcs/fields.h", "^VMCS_", "^VMCS_(FIELD|TYPE|WIDTH)_", "vm")
	load_names(tree "/module/vmx/arch.h", "^SDM_IA32_", "^$", "ms")
}

# load_names: "#define PREFIX... 0xNUMBER" lines of a header, the numbers of one sort.
function load_names(file, prefix, other, sort,   line, word) {
	while ((getline line <file) > 0) {
		if (line !~ /^#define [A-Z0-9_]+[ \t]+0x/)
			continue
		split(line, word, /[ \t]+/)
		if (word[2] !~ prefix || word[2] ~ other)
			continue
		sub(prefix, "", word[2])
		sub(/^0x0*/, "", word[3])
		operand_names[sort, word[3]] = word[2]
	}
	close(file)
}

function name_of(nr, flags,   name) {
	name = (nr + 1) in names ? names[nr + 1] : nr
	if (nr == 30)
		name = flags % 2 ? "IO-IN" : "IO-OUT"
	if (flags >= 4)
		name = name "-FAILED"
	return name
}

function wanted(nr, name) {
	return reason == "" || reason == nr "" || toupper(reason) == name ||
		(nr == 30 && toupper(reason) == "IO")
}

$1 == "row" {
	name = name_of($2, $3)
	taken = wanted($2, name)
	if (!taken)
		next
	rows++
	row_name[rows] = name
	row_number[rows] = $2
	in_user[rows] = int($3 / 2) % 2
	windows[rows] = $4
	clean[rows] = $5
	interrupted[rows] = $6
	longest[rows] = $7
}
!taken { next }
$1 == "kind" {
	if (!($2 in kind_seen)) {
		kind_seen[$2] = 1
		kinds[++kind_count] = $2
	}
	least[rows, $2] = $3
	sum[rows, $2] = $4
}
$1 == "operand" { operands[rows, $2] = operands[rows, $2] sprintf(" %s%s", operand_name($2, $3), times($4)) }
$1 == "function" { functions[rows]++; function_name[rows, functions[rows]] = $2; self[rows, functions[rows]] = $3 }
$1 == "stack" && mode == "folded" { print full_name(rows) ";" $2 "\t" $3 "\t" clean[rows] }

# operand_name: a VMCS field or an MSR by its name, if it has one here.
function operand_name(kind, nr,   sort) {
	sort = kind ~ /^vm/ ? "vm" : "ms"
	sub(/^0x0?/, "", nr)
	return (sort, nr) in operand_names ? operand_names[sort, nr] : (nr == "" ? "0" : nr)
}

# times: how often a round trip, if that isn't once.
function times(total,   mean) {
	mean = total / clean[rows]
	return mean == 1 ? "" : sprintf("(%.3g)", mean)
}

function full_name(r) { return row_name[r] (in_user[r] ? "+user" : "") }
function mean(r, kind) { return clean[r] ? sum[r, kind] / clean[r] : 0 }

# ---- table ----

function others(r,   k, text) {
	for (k = 1; k <= kind_count; k++)
		if (!(kinds[k] in is_column) && kinds[k] != "instructions" && least[r, kinds[k]] > 0)
			text = text (text == "" ? "" : ", ") kinds[k] " " least[r, kinds[k]]
	return text
}

function print_rows(   r, i, line) {
	printf "%-22s %8s %8s %8s %10s %8s", "exit reason", "windows", "interr.", "min", "mean", "max"
	for (i = 1; i in columns; i++)
		printf " %8s", columns[i]
	printf "  %s\n", "other"
	for (r = 1; r <= rows; r++) {
		line = sprintf("%-22s %8d %8d", full_name(r), windows[r], interrupted[r])
		if (clean[r]) {
			line = line sprintf(" %8d %10.1f %8d", least[r, "instructions"], mean(r, "instructions"), longest[r])
			for (i = 1; i in columns; i++)
				line = line sprintf(" %8d", least[r, columns[i]])
			line = line "  " others(r)
		} else {
			line = line sprintf(" %8s %10s %8s", "-", "-", "-")
		}
		sub(/ +$/, "", line)
		print line
	}
}

# order: the numbers of a row's functions, the largest first; those that are
# equal by name.
function order(r,   i, j, held) {
	for (i = 1; i <= functions[r]; i++) {
		for (j = i; j > 1 && self[r, place[j - 1]] < self[r, i]; j--)
			place[j] = place[j - 1]
		place[j] = i
	}
}

function print_functions(r,   i, rest, rest_count) {
	printf "\n%s: %.1f instructions a round trip, by function\n", full_name(r), mean(r, "instructions")
	order(r)
	for (i = 1; i <= functions[r]; i++) {
		if (self[r, place[i]] * 200 < sum[r, "instructions"]) {
			rest += self[r, place[i]]
			rest_count++
			continue
		}
		printf "%10.1f %5.1f%%  %s\n", self[r, place[i]] / clean[r],
			100 * self[r, place[i]] / sum[r, "instructions"], function_name[r, place[i]]
	}
	if (rest_count)
		printf "%10.1f %5.1f%%  (%d others)\n", rest / clean[r], 100 * rest / sum[r, "instructions"], rest_count
	for (i = 1; i in columns; i++)
		if (operands[r, columns[i]] != "")
			printf "    %s:%s\n", columns[i], operands[r, columns[i]]
}

function print_table(   r) {
	if (!rows) {
		print "No VM exit was seen: did a guest run?"
		return
	}
	print_rows()
	for (r = 1; r <= rows; r++)
		if (clean[r])
			print_functions(r)
}

# ---- json ----

function print_json(   r, k, line) {
	print "["
	for (r = 1; r <= rows; r++) {
		line = sprintf("{\"reason\":\"%s\",\"number\":%d,\"user_space\":%s,\"windows\":%d,\"clean\":%d,\"interrupted\":%d",
			row_name[r], row_number[r], in_user[r] ? "true" : "false", windows[r], clean[r], interrupted[r])
		if (clean[r]) {
			line = line sprintf(",\"mean\":%.4f,\"max\":%d", mean(r, "instructions"), longest[r])
			for (k = 1; k <= kind_count; k++)
				line = line sprintf(",\"%s\":%d", kinds[k], least[r, kinds[k]])
		}
		print line "}" (r < rows ? "," : "")
	}
	print "]"
}

END {
	if (mode == "table")
		print_table()
	else if (mode == "json")
		print_json()
	else if (mode == "names")
		for (r = 1; r <= rows; r++)
			printf "%s%s", row_name[r], r < rows ? " " : "\n"
	else if (mode == "known")
		exit !(rows || reason == "")
}
