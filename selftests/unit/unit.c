// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the running of the unit tests: one process, all tests one after the
 * other, KTAP on stdout, exit status 1 if one failed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "unit.h"

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "ctls_all_words_of_four_bits", ctls_all_words_of_four_bits },
	{ "ctls_halves", ctls_halves },
	{ "ctls_contradiction", ctls_contradiction },
	{ "caps_exists", caps_exists },
	{ "caps_true_controls_count", caps_true_controls_count },
	{ "caps_difference", caps_difference },
	{ "caps_names", caps_names },
	{ "features_each_bit", features_each_bit },
	{ "features_models", features_models },
	{ "features_line", features_line },
	{ "features_line_fits", features_line_fits },
	{ "features_line_is_cut", features_line_is_cut },
	{ "features_lacking", features_lacking },
	{ "features_controls", features_controls },
	{ "accept_models", accept_models },
	{ "accept_regions", accept_regions },
	{ "accept_contradiction", accept_contradiction },
	{ "accept_reason_is_cut", accept_reason_is_cut },
	{ "cpuid_find", cpuid_find },
	{ "cpuid_empty", cpuid_empty },
	{ "cpuid_refused", cpuid_refused },
	{ "cpuid_guest_bits", cpuid_guest_bits },
	{ "cpuid_alignment", cpuid_alignment },
	{ "cpuid_guest_bits_to_come", cpuid_guest_bits_to_come },
	{ "cpuid_hidden", cpuid_hidden },
	{ "cpuid_needs", cpuid_needs },
	{ "cpuid_widths", cpuid_widths },
	{ "cpuid_offer", cpuid_offer },
	{ "cpuid_offer_of_old", cpuid_offer_of_old },
	{ "qual_io", qual_io },
	{ "qual_io_string", qual_io_string },
	{ "qual_cr", qual_cr },
	{ "qual_dr", qual_dr },
	{ "qual_ept", qual_ept },
	{ "qual_task_and_apic", qual_task_and_apic },
	{ "qual_operand_memory", qual_operand_memory },
	{ "qual_operand_registers", qual_operand_registers },
	{ "qual_operand_tables", qual_operand_tables },
	{ "qual_events", qual_events },
	{ "exits_numbers", exits_numbers },
	{ "exits_without_meaning", exits_without_meaning },
	{ "exits_ids", exits_ids },
	{ "pte_pointer", pte_pointer },
	{ "pte_entries", pte_entries },
	{ "pte_memory_type", pte_memory_type },
	{ "pte_decode", pte_decode },
	{ "pte_indices", pte_indices },
	{ "pte_may_become", pte_may_become },
	{ "pte_includes", pte_includes },
	{ "pte_clean", pte_clean },
	{ "pte_may_write_again", pte_may_write_again },
	{ "pte_faults", pte_faults },
	{ "pte_no_faults", pte_no_faults },
	{ "index_room", index_room },
	{ "index_possible", index_possible },
	{ "index_passed", index_passed },
	{ "index_slots", index_slots },
	{ "regions_random", regions_random },
	{ "regions_refused", regions_refused },
	{ "regions_matches", regions_matches },
	{ "spin_limits", spin_limits },
	{ "spin_learns", spin_learns },
	{ "slots_all_pairs", slots_all_pairs },
	{ "slots_refused", slots_refused },
	{ "slots_delete", slots_delete },
	{ "slots_level", slots_level },
	{ "slots_meets", slots_meets },
	{ "slots_dirty", slots_dirty },
	{ "cr_limits_rich", cr_limits_rich },
	{ "cr_limits_empty", cr_limits_empty },
	{ "cr_limits_models", cr_limits_models },
	{ "cr_limits_each", cr_limits_each },
	{ "cr_canonical", cr_canonical },
	{ "cr_all_writes", cr_all_writes },
	{ "cr_reserved", cr_reserved },
	{ "cr_cr3", cr_cr3 },
	{ "cr_efer", cr_efer },
	{ "cr_state", cr_state },
	{ "cr_lmsw", cr_lmsw },
	{ "cr_masks", cr_masks },
	{ "cr_xcr0", cr_xcr0 },
	{ "cr_debug", cr_debug },
	{ "msr_table", msr_table },
	{ "msr_find", msr_find },
	{ "msr_there", msr_there },
	{ "msr_fields", msr_fields },
	{ "msr_offered", msr_offered },
	{ "msr_values", msr_values },
	{ "msr_reset", msr_reset },
	{ "msr_ranges_valid", msr_ranges_valid },
	{ "msr_bitmap", msr_bitmap },
	{ "msr_action", msr_action },
	{ "walk_all_modes", walk_all_modes },
	{ "walk_each_bit", walk_each_bit },
	{ "walk_error_codes", walk_error_codes },
	{ "walk_pse36", walk_pse36 },
	{ "walk_pdpte", walk_pdpte },
	{ "walk_segments", walk_segments },
	{ "walk_linear_64", walk_linear_64 },
	{ "fields_are_in_order", fields_are_in_order },
	{ "fields_are_encodings", fields_are_encodings },
	{ "fields_are_found", fields_are_found },
	{ "fields_have_widths", fields_have_widths },
	{ "check_good_states", check_good_states },
	{ "check_control_words", check_control_words },
	{ "check_control_words_not_activated",
	  check_control_words_not_activated },
	{ "check_control_pages", check_control_pages },
	{ "check_control_addresses", check_control_addresses },
	{ "check_control_areas_fit", check_control_areas_fit },
	{ "check_controls_together", check_controls_together },
	{ "check_tpr_threshold", check_tpr_threshold },
	{ "check_ept_is_there", check_ept_is_there },
	{ "check_ept_pointer", check_ept_pointer },
	{ "check_event_injection", check_event_injection },
	{ "check_event_in_real_mode", check_event_in_real_mode },
	{ "check_event_by_cpu", check_event_by_cpu },
	{ "check_smm", check_smm },
	{ "check_host_registers", check_host_registers },
	{ "check_host_segments", check_host_segments },
	{ "check_host_of_32_bits", check_host_of_32_bits },
	{ "check_guest_registers", check_guest_registers },
	{ "check_guest_segment_rights", check_guest_segment_rights },
	{ "check_guest_segments", check_guest_segments },
	{ "check_guest_unusable_segments", check_guest_unusable_segments },
	{ "check_guest_privilege", check_guest_privilege },
	{ "check_guest_small_tss", check_guest_small_tss },
	{ "check_guest_v8086", check_guest_v8086 },
	{ "check_guest_tables", check_guest_tables },
	{ "check_guest_rip_and_rflags", check_guest_rip_and_rflags },
	{ "check_guest_activity", check_guest_activity },
	{ "check_guest_activity_events", check_guest_activity_events },
	{ "check_guest_interruptibility", check_guest_interruptibility },
	{ "check_guest_pending_debug", check_guest_pending_debug },
	{ "check_guest_by_cpu", check_guest_by_cpu },
	{ "check_guest_link_pointer", check_guest_link_pointer },
	{ "check_guest_pdptes", check_guest_pdptes },
	{ "check_each_bit_of_each_field", check_each_bit_of_each_field },
	{ "sound_modes", sound_modes },
	{ "sound_refused", sound_refused },
	{ "sound_pdptes", sound_pdptes },
	{ "sound_exceptions", sound_exceptions },
	{ "sound_redelivery", sound_redelivery },
	{ "sound_single_step", sound_single_step },
	{ "sound_exits", sound_exits },
	{ "sound_exits_refused", sound_exits_refused },
	{ "walk_each_bit_short", walk_each_bit_short },
	{ "cr_limits_without_xsave", cr_limits_without_xsave },
	{ "cpuid_no_compaction", cpuid_no_compaction },
	{ "cpuid_direct", cpuid_direct },
	{ "cpuid_syscall", cpuid_syscall },
	{ "cpuid_kept", cpuid_kept },
	{ "walk_marks", walk_marks },
	{ "decode_addresses", decode_addresses },
	{ "decode_verdicts", decode_verdicts },
	{ "decode_anything", decode_anything },
	{ "decode_disassembler", decode_disassembler },
	{ "emulate_alignment", emulate_alignment },
	{ "emulate_vector_units", emulate_vector_units },
	{ "emulate_page_faults", emulate_page_faults },
	{ "emulate_segments", emulate_segments },
	{ "emulate_missing_memory", emulate_missing_memory },
	{ "emulate_wraps", emulate_wraps },
	{ "emulate_plain", emulate_plain },
	{ "emulate_notes", emulate_notes },
	{ "emulate_notes_full", emulate_notes_full },
	{ "emulate_has_room", emulate_has_room },
	{ "emulate_like_this_cpu", emulate_like_this_cpu },
	{ "watch_like_the_manual", watch_like_the_manual },
	{ "watch_any", watch_any },
	{ "layout_abi", layout_abi },
	{ "layout_vmx", layout_vmx },
	{ "multiboot_elf32", multiboot_elf32 },
	{ "multiboot_elf64", multiboot_elf64 },
	{ "multiboot_addresses", multiboot_addresses },
	{ "multiboot_information", multiboot_information },
	{ "multiboot_bad_headers", multiboot_bad_headers },
	{ "multiboot_bad_addresses", multiboot_bad_addresses },
	{ "multiboot_bad_elf32", multiboot_bad_elf32 },
	{ "multiboot_bad_elf64", multiboot_bad_elf64 },
	{ "multiboot_bad_modules", multiboot_bad_modules },
	{ "multiboot_taken", multiboot_taken },
	{ "multiboot_recognized", multiboot_recognized },
	{ "multiboot_each_length", multiboot_each_length },
};

static int failures;	/* of the running test */
static const char *skipped;	/* why it can't be made */

void unit_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	failures++;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void unit_skip(const char *reason)
{
	skipped = reason;
}

unsigned int unit_rounds(unsigned int rounds)
{
	const char *times = getenv("UNIT_ROUNDS");

	return times ? rounds * strtoul(times, NULL, 10) : rounds;
}

int unit_differ(const char *a, const char *b)
{
	return strcmp(a, b);
}

int scnprintf(char *buffer, unsigned long size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(buffer, size, format, args);
	va_end(args);
	if (length < (int)size)
		return length;
	return size ? size - 1 : 0;
}

int main(void)
{
	unsigned int i, failed = 0;

	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		failures = 0;
		skipped = NULL;
		tests[i].run();
		if (failures)
			failed++;
		printf("%s %u %s%s%s\n", failures ? "not ok" : "ok", i + 1,
		       tests[i].name, skipped ? " # SKIP " : "", skipped ?: "");
	}
	printf("%zu passed, %u failed\n", ARRAY_SIZE(tests) - failed, failed);
	return failed ? 1 : 0;
}
