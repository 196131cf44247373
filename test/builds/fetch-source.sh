#!/bin/sh
# Fetches the newest source of php8.2 that a Debian mirror holds, and unpacks it into the folder of the first argument.
# The system's apt is left as it is: lists and cache lie beside that folder.
set -eu

target=$1
work=$target.apt
mkdir -p "$work/lists/partial" "$work/cache"

suites() {
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/$1 $2 main"
}
{
    suites debian bookworm
    suites debian-security bookworm-security
} >"$work/sources.list"

private_apt() {
    command=$1
    shift
    "$command" -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

private_apt apt-get update
cd "$work"
# A mirror may list a version before it holds its files: the next older one will do.
for version in $(private_apt apt-cache showsrc php8.2 | sed -n 's/^Version: //p' | sort -rV); do
    private_apt apt-get source --download-only "php8.2=$version" && break
done
dpkg-source --extract php8.2_*.dsc "$target"
