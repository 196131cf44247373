#!/bin/sh
# Makes the files of the machine that boot.sh boots, in `root` below the folder of the first argument: Debian 12 of its
# packages, with its kernel, and in it what vagrant/provision.sh makes of it. Debian's part is kept for the next time.
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
cd "$1"

# What an image of Debian for virtual machines has too, and the tests use.
packages=linux-image-cloud-amd64,systemd-sysv,udev,dbus,sudo,procps,iproute2,kmod,ca-certificates,initramfs-tools,zstd

if [ "$(cat made 2>/dev/null)" != "$packages" ]; then
    echo 'making the root of a Debian 12'
    rm -rf --one-file-system root made
    # What it mounts goes with it, however it ends.
    unshare --mount mmdebstrap --variant=minbase --mode=root --format=directory --include="$packages" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' bookworm root 2>root.log || {
        tail -n 20 root.log >&2
        exit 1
    }
    echo phptrace >root/etc/hostname
    printf '127.0.0.1 localhost phptrace\n' >root/etc/hosts
    echo "$packages" >made
fi

# As Vagrant copies it.
rsync -a --delete --exclude=/.git --exclude=/.cache --exclude=/build --exclude='/build-*' --exclude=/node_modules \
    "$source/" root/vagrant/

echo 'provisioning it'
# The network, and whom to trust there, are this machine's. The mounts go with their namespace.
authorities=/etc/ssl/certs/ca-certificates.crt
[ ! -e $authorities ] || cp $authorities root$authorities
unshare --mount --pid --fork --kill-child sh -euc '
    mount -t proc proc root/proc
    mount --rbind /dev root/dev
    touch root/etc/resolv.conf
    mount --bind "$(realpath /etc/resolv.conf)" root/etc/resolv.conf
    chroot root /vagrant/vagrant/provision.sh
    # A test builds it where it is not there.
    chroot root /opt/phptrace/test/extension/build.sh /opt/phptrace/build/test-extension
' >provision.log 2>&1 || {
    tail -n 20 provision.log >&2
    exit 1
}
rm -f root/var/cache/apt/archives/*.deb

# The tests begin when it has booted, and it ends with them.
cp "$source/test/vm/phptrace-tests.service" root/etc/systemd/system/
ln -sf ../phptrace-tests.service root/etc/systemd/system/multi-user.target.wants/
