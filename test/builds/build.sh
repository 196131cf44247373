#!/bin/sh
# Builds PHPs of Debian's source that no package brings, each into a folder of its own under the one of the first
# argument: zts (thread-safe), debug (--enable-debug), embed (a static libphp.a, with valgrind's requests in it), clang,
# no-global-regs (by GCC, without its global registers), musl (with that libc, as Alpine's). The programs beside this
# script are linked with them; beside them lies xdebug (Debian's extension). What is there already is not built again.
set -eu

sources=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
folder=$PWD

[ -x source/configure ] || "$sources/fetch-source.sh" "$folder/source"

# build NAME [CONFIGURE OPTIONS]
build() {
    name=$1
    shift
    [ -e "$name/done" ] && return
    rm -rf "$name" "$name.tree"
    mkdir "$name.tree"
    echo "building $name"
    (
        cd "$name.tree"
        export CFLAGS='-O2 -g0'
        ../source/configure --prefix="$folder/$name" --disable-all --disable-cgi --disable-phpdbg \
            --enable-cli --enable-ctype --enable-pcntl --enable-posix --enable-tokenizer "$@"
        nice -n 10 make -j2
        make install
    ) >"$name.log" 2>&1 || {
        tail -n 20 "$name.log" >&2
        exit 1
    }
    rm -rf "$name.tree"
    touch "$name/done"
}

# link BUILD NAME SOURCE OPTIONS...: a program with that PHP in it. It exports its symbols, as PHP's own programs do.
# Debian's php-config does not know where the headers of these builds are.
link() {
    include="$folder/$1/include/php"
    program="$folder/$1/$2"
    [ -e "$program" ] && [ "$program" -nt "$sources/$3" ] && return
    source=$sources/$3
    library=$folder/$1/lib/libphp.a
    shift 3
    cc -O2 -D_GNU_SOURCE "$@" -o "$program" "$source" -rdynamic \
        -I"$include" -I"$include/main" -I"$include/TSRM" -I"$include/Zend" \
        -Wl,--whole-archive "$library" -Wl,--no-whole-archive -lm
}

build zts --enable-zts --enable-embed=static --without-valgrind
build debug --enable-debug
build embed --enable-embed=static --with-valgrind
build clang CC=clang --without-valgrind
build no-global-regs --disable-gcc-global-regs --without-valgrind
# musl-gcc knows none of the kernel's headers, and leaves out what other compilers have the linker add: the table by which
# functions are told apart, and the build id.
mkdir -p kernel-headers
ln -sfn /usr/include/linux /usr/include/asm-generic /usr/include/x86_64-linux-gnu/asm kernel-headers
build musl --host=x86_64-linux-musl CC="musl-gcc -idirafter $folder/kernel-headers -Wl,--eh-frame-hdr,--build-id" \
    --without-valgrind
link embed host-pie host.c -pie
link embed host-non-pie host.c -no-pie
link zts threads threads.c -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -pthread

# Unpacked and not installed, for it would be loaded into every php of the machine.
if [ ! -d xdebug ]; then
    rm -rf xdebug.deb
    mkdir xdebug.deb
    (cd xdebug.deb && apt-get -qq -o APT::Sandbox::User=root download php8.2-xdebug)
    dpkg-deb -x xdebug.deb/php8.2-xdebug_*.deb xdebug
    rm -rf xdebug.deb
fi
