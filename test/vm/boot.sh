#!/bin/bash
# Boots the Debian that root.sh made in the folder of the first argument, with its kernel, in a qemu that emulates the
# CPU, and prints the TAP of the tests that guest.sh runs there. Ends as they do; fails where they do not end.
set -euo pipefail
cd "$1"
minutes=${PHPTRACE_VM_MINUTES:-60}
# Of what else there is the emulation is slow: clocks of devices, and the ways around faults of real CPUs.
boot='root=/dev/vda rw console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable clocksource=tsc'

rm -f root.img
truncate --size=6G root.img
mkfs.ext4 -q -F -d root root.img
begun=$SECONDS
timeout --foreground --kill-after=10 "${minutes}m" qemu-system-x86_64 -accel tcg,thread=multi -cpu qemu64 -smp 2 -m 3072 \
    -nodefaults -no-reboot -display none -serial file:console.log -serial stdio \
    -kernel root/vmlinuz -initrd root/initrd.img -append "$boot" \
    -drive file=root.img,if=virtio,format=raw,cache=unsafe </dev/null | sed -u 's,\r$,,' | tee tests.tap || true
took=$((SECONDS - begun))
rm -f root.img

status=$(sed -n 's/^# the tests ended with \([0-9]*\)$/\1/p' tests.tap)
if [ -z "$status" ]; then
    if grep -q '^TAP version' tests.tap; then
        echo "the tests of the machine did not end in $took s: $1/tests.tap and $1/console.log tell how far they came" >&2
    else
        echo "the machine did not come to its tests in $took s: $1/console.log tells how far it came" >&2
    fi
    exit 1
fi
echo "# in $((took / 60)) min $((took % 60)) s on $(ls root/lib/modules)"
exit "$status"
