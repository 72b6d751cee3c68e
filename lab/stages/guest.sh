# SPDX-License-Identifier: GPL-2.0
# Stage guest: the programs inside the simulated machine, from Debian 12: a
# static busybox, dash, the real kmod and kexec (Debian's is linked with Xen's
# libraries), and coreutils' timeout, which kselftest's runner calls.

GUEST_PACKAGES='busybox-static kmod libkmod2 liblzma5 libzstd1 libssl3 libc6 zlib1g kexec-tools coreutils dash
	libxenmisc4.17 libxencall1 libxendevicemodel1 libxenevtchn1 libxenforeignmemory1 libxengnttab1 libxentoolcore1 libxentoollog1'

guest_key() { echo 1 "$GUEST_PACKAGES"; cat "$LAB_TREE/lab/stages/guest.sh" "$LAB_TREE/lab/lib/send.sh"; }
guest_build() {
	apt_lists "the simulated machine's programs"
	rm -rf unpacked root
	# shellcheck disable=SC2086  # a list of package names
	apt_fetch unpacked $GUEST_PACKAGES
	mkdir -p root/etc root/bin root/sbin root/lib root/lib64 root/usr/bin
	cp unpacked/bin/busybox root/bin/
	for applet in $(unpacked/bin/busybox --list); do
		case $applet in
		busybox|sh|ash|timeout|insmod|rmmod|modprobe|lsmod|modinfo|depmod) ;;
		*) ln -sf /bin/busybox "root/bin/$applet" ;;
		esac
	done
	cp unpacked/bin/kmod root/bin/
	for name in insmod rmmod modprobe lsmod modinfo; do
		ln -sf kmod "root/bin/$name"
	done
	# Not busybox's shell: it has an insmod of its own, which runs a failing
	# module's init twice, and would hide kmod's.
	cp unpacked/bin/dash root/bin/sh
	cp unpacked/usr/bin/timeout root/usr/bin/
	cp unpacked/sbin/kexec root/sbin/
	find unpacked/lib/x86_64-linux-gnu unpacked/usr/lib/x86_64-linux-gnu -maxdepth 1 \
		\( -name 'libc.so.6' -o -name 'libkmod.so.2*' -o -name 'liblzma.so.5*' -o -name 'libzstd.so.1*' \
		-o -name 'libcrypto.so.3' -o -name 'libz.so.1*' \
		-o -name 'libxenctrl.so.*' -o -name 'libxencall.so.*' -o -name 'libxendevicemodel.so.*' \
		-o -name 'libxenevtchn.so.*' -o -name 'libxenforeignmemory.so.*' -o -name 'libxengnttab.so.*' \
		-o -name 'libxentoolcore.so.*' -o -name 'libxentoollog.so.*' \) \
		-exec cp -d {} root/lib/ \;
	cp -L unpacked/lib64/ld-linux-x86-64.so.2 root/lib64/
	guest_profile >root/etc/profile
	rm -rf unpacked
	send_tree root >guest.files
}

# guest_profile: the interactive shell is busybox's, for its line editing; keep
# its own insmod and the like out of the way.
guest_profile() {
	echo "PS1='lab:\\w# '"
	for name in insmod rmmod modprobe lsmod modinfo; do
		echo "alias $name=/bin/$name"
	done
}
