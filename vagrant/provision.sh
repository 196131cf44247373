#!/bin/sh
# Makes a Debian 12 machine one that has phptrace, built from the source in the folder of the first argument (/vagrant),
# and a PHP worker that leaks. Takes root, and the network for what is missing; may be run again, after a change too.
set -eu
source=${1:-/vagrant}
home=/opt/phptrace
export DEBIAN_FRONTEND=noninteractive

main() {
    [ "$(id -u)" -eq 0 ] || fail 'only root can provision: use sudo'
    [ -e "$source/Makefile" ] || fail "$source is not the source of phptrace: name its folder"
    install_missing make rsync
    has_node || install_node
    rsync -a --delete --chown=root:root --exclude=/.git --exclude=/.cache --exclude=/build --exclude='/build-*' \
        --exclude=/node_modules "$source/" "$home/"
    make -C "$home" build
    npm install --global --install-links=false --no-audit --no-fund "$home"
    start_worker
}

fail() {
    echo "provision.sh: $1" >&2
    exit 1
}

# Commands that have the name of their package.
install_missing() {
    missing=
    for name in "$@"; do
        command -v "$name" >/dev/null || missing="$missing $name"
    done
    [ -z "$missing" ] && return
    apt-get -qq update
    # shellcheck disable=SC2086
    apt-get -qq install --no-install-recommends $missing >/dev/null
}

has_node() {
    command -v npm >/dev/null && node --eval 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'
}

# Debian 12 has Node 18, and an npm that can install a later one.
install_node() {
    install_missing npm
    npm install --global --no-audit --no-fund node@22
    hash -r
    has_node || fail 'Node 20 or later is not there, though npm has installed it'
}

# In a root that is not booted (a chroot) systemctl enables the unit, and the machine starts it when it boots.
start_worker() {
    install -m 644 "$home/vagrant/phptrace-worker.service" /etc/systemd/system/
    systemctl enable phptrace-worker.service
    [ -d /run/systemd/system ] || return 0
    systemctl daemon-reload
    systemctl restart phptrace-worker.service
}

main
