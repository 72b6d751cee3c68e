/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the unit tests' harness. A test is a function that EXPECTs; unit.c runs
 * all that are listed there and prints KTAP.
 */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

/**
 * unit_fail() - note that the running test failed, and say where
 * @file: source file
 * @line: line in it
 * @format: what was expected, as printf() has it
 */
void unit_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * unit_skip() - note that the running test can't be made here
 * @reason: why
 */
void unit_skip(const char *reason);

/**
 * unit_rounds() - how often a test that draws its cases draws
 * @rounds: how often in a short run
 *
 * Return: @rounds, times UNIT_ROUNDS if that is in the environment.
 */
unsigned int unit_rounds(unsigned int rounds);

#define EXPECT(condition)						\
	do {								\
		if (!(condition))					\
			unit_fail(__FILE__, __LINE__, "%s", #condition);	\
	} while (0)

#define EXPECT_EQ(got, want)						\
	do {								\
		unsigned long long got_ = (got), want_ = (want);	\
									\
		if (got_ != want_)					\
			unit_fail(__FILE__, __LINE__,			\
				  "%s is 0x%llx, not 0x%llx",		\
				  #got, got_, want_);			\
	} while (0)

#define EXPECT_STR(got, want)						\
	do {								\
		const char *got_ = (got), *want_ = (want);		\
									\
		if (unit_differ(got_, want_))				\
			unit_fail(__FILE__, __LINE__,			\
				  "%s is \"%s\", not \"%s\"",		\
				  #got, got_, want_);			\
	} while (0)

/**
 * unit_differ() - compare two strings
 * @a: one
 * @b: the other
 *
 * Return: nonzero if they are not the same.
 */
int unit_differ(const char *a, const char *b);

/* The tests, each in the file that its name begins with: ctls.c and so on. */
void sound_modes(void);
void sound_refused(void);
void sound_pdptes(void);
void sound_exceptions(void);
void sound_redelivery(void);
void sound_single_step(void);
void sound_exits(void);
void sound_exits_refused(void);
void ctls_all_words_of_four_bits(void);
void ctls_halves(void);
void ctls_contradiction(void);
void caps_exists(void);
void caps_true_controls_count(void);
void caps_difference(void);
void caps_names(void);
void features_each_bit(void);
void features_models(void);
void features_line(void);
void features_line_fits(void);
void features_line_is_cut(void);
void features_lacking(void);
void features_controls(void);
void accept_models(void);
void accept_regions(void);
void accept_contradiction(void);
void accept_reason_is_cut(void);
void cpuid_find(void);
void cpuid_empty(void);
void cpuid_refused(void);
void cpuid_guest_bits(void);
void cpuid_alignment(void);
void cpuid_guest_bits_to_come(void);
void cpuid_hidden(void);
void cpuid_needs(void);
void cpuid_widths(void);
void cpuid_offer(void);
void cpuid_offer_of_old(void);
void qual_io(void);
void qual_io_string(void);
void qual_cr(void);
void qual_dr(void);
void qual_ept(void);
void qual_task_and_apic(void);
void qual_operand_memory(void);
void qual_operand_registers(void);
void qual_operand_tables(void);
void qual_events(void);
void exits_numbers(void);
void exits_without_meaning(void);
void exits_ids(void);
void pte_pointer(void);
void pte_entries(void);
void pte_memory_type(void);
void pte_decode(void);
void pte_indices(void);
void pte_may_become(void);
void pte_includes(void);
void pte_clean(void);
void pte_may_write_again(void);
void pte_faults(void);
void pte_no_faults(void);
void index_room(void);
void index_possible(void);
void index_passed(void);
void index_slots(void);
void regions_random(void);
void regions_refused(void);
void regions_matches(void);
void spin_limits(void);
void spin_learns(void);
void slots_all_pairs(void);
void slots_refused(void);
void slots_delete(void);
void slots_level(void);
void slots_meets(void);
void slots_dirty(void);
void cr_limits_rich(void);
void cr_limits_empty(void);
void cr_limits_models(void);
void cr_limits_each(void);
void cr_canonical(void);
void cr_all_writes(void);
void cr_reserved(void);
void cr_cr3(void);
void cr_efer(void);
void cr_state(void);
void cr_lmsw(void);
void cr_masks(void);
void cr_xcr0(void);
void cr_debug(void);
void msr_table(void);
void msr_find(void);
void msr_there(void);
void msr_fields(void);
void msr_offered(void);
void msr_values(void);
void msr_reset(void);
void msr_ranges_valid(void);
void msr_bitmap(void);
void msr_action(void);
void walk_all_modes(void);
void walk_each_bit(void);
void walk_error_codes(void);
void walk_pse36(void);
void walk_pdpte(void);
void walk_segments(void);
void walk_linear_64(void);
void fields_are_in_order(void);
void fields_are_encodings(void);
void fields_are_found(void);
void fields_have_widths(void);
void check_good_states(void);
void check_control_words(void);
void check_control_words_not_activated(void);
void check_control_pages(void);
void check_control_addresses(void);
void check_control_areas_fit(void);
void check_controls_together(void);
void check_tpr_threshold(void);
void check_ept_is_there(void);
void check_ept_pointer(void);
void check_event_injection(void);
void check_event_in_real_mode(void);
void check_event_by_cpu(void);
void check_smm(void);
void check_host_registers(void);
void check_host_segments(void);
void check_host_of_32_bits(void);
void check_guest_registers(void);
void check_guest_segment_rights(void);
void check_guest_segments(void);
void check_guest_unusable_segments(void);
void check_guest_privilege(void);
void check_guest_small_tss(void);
void check_guest_v8086(void);
void check_guest_tables(void);
void check_guest_rip_and_rflags(void);
void check_guest_activity(void);
void check_guest_activity_events(void);
void check_guest_interruptibility(void);
void check_guest_pending_debug(void);
void check_guest_by_cpu(void);
void check_guest_link_pointer(void);
void check_guest_pdptes(void);
void check_each_bit_of_each_field(void);
void walk_each_bit_short(void);
void cr_limits_without_xsave(void);
void cpuid_no_compaction(void);
void cpuid_direct(void);
void cpuid_syscall(void);
void cpuid_kept(void);
void walk_marks(void);
void decode_addresses(void);
void decode_verdicts(void);
void decode_anything(void);
void decode_disassembler(void);
void emulate_alignment(void);
void emulate_vector_units(void);
void emulate_page_faults(void);
void emulate_segments(void);
void emulate_missing_memory(void);
void emulate_wraps(void);
void emulate_plain(void);
void emulate_notes(void);
void emulate_notes_full(void);
void emulate_has_room(void);
void emulate_like_this_cpu(void);
void watch_like_the_manual(void);
void watch_any(void);
void layout_abi(void);
void layout_vmx(void);
void multiboot_elf32(void);
void multiboot_elf64(void);
void multiboot_addresses(void);
void multiboot_information(void);
void multiboot_bad_headers(void);
void multiboot_bad_addresses(void);
void multiboot_bad_elf32(void);
void multiboot_bad_elf64(void);
void multiboot_bad_modules(void);
void multiboot_taken(void);
void multiboot_recognized(void);
void multiboot_each_length(void);

#endif
