# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Owns what bash completes behind vmrun.

_vmrun() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} choices=''

	case $before in
	--kernel|--initrd|--flat|--module)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return ;;
	--backend) choices='vmring kvm' ;;
	--console) choices='stdio file: pty' ;;
	--exits) choices='inline poll eventfd uring' ;;
	--entry) choices='16 32 64' ;;
	--pages) choices='thp small hugetlb' ;;
	--cpus) choices=1 ;;
	--mem) choices='128M 256M 512M 1G 2G' ;;
	--debug-exit) choices=0xf4 ;;
	--cmdline|--test-latch|--test-mmio) return ;;
	*) choices='--backend --cmdline --console --cpus --debug-exit --entry --exits --flat
		--help --initrd --kernel --mem --module --pages --reboot --stats --test-latch
		--test-mmio --version' ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -o filenames -F _vmrun vmrun
