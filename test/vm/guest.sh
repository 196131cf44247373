#!/bin/sh
# What the machine that boot.sh boots does: it runs the tests and says last how they ended.
cd /opt/phptrace || exit 1
# The CPU is emulated: limits are wider, and code that compiles code is kept from doing so twice, or aside.
export HOME=/root PHPTRACE_PATIENCE=20 NODE_OPTIONS=--v8-pool-size=0 NODE_COMPILE_CACHE=/tmp/compiled
status=0
node_modules/.bin/ava --config ava.vm.config.js --tap || status=$?
echo "# the tests ended with $status"
