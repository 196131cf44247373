#!/bin/sh
# Builds leaky.so for the php whose phpize is on the PATH: build.sh <output directory>. Nothing is written beside the
# sources, and nothing is done when leaky.so is newer than they are.
set -eu
sources=$(cd "$(dirname "$0")" && pwd)
output=$1
mkdir -p "$output"
# Two test files may come here at once.
exec 9> "$output/lock"
flock 9
if [ -f "$output/leaky.so" ] && [ -z "$(find "$sources" -type f -newer "$output/leaky.so")" ]; then
	exit 0
fi
cp "$sources/config.m4" "$sources/leaky.c" "$output/"
cd "$output"
{ phpize && ./configure --quiet && make --silent; } > build.log 2>&1 || {
	tail -n 20 build.log >&2
	exit 1
}
cp modules/leaky.so leaky.so
