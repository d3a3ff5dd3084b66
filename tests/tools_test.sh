#!/bin/sh
# Tests the tests: layers.sh finds each kind of offence, and the golden runner tells passed from failed from skipped.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# expect WHAT TEXT: TEXT stands in the output of the last run.
expect() {
    if ! grep -qF -- "$2" "$work/out"; then
        echo "FAIL $1: nothing says \"$2\""
        sed 's/^/    /' "$work/out"
        failed=1
    fi
}

# expect_status WHAT WANTED GOT
expect_status() {
    if [ "$2" != "$3" ]; then
        echo "FAIL $1: exit status $3, not $2"
        failed=1
    fi
}

# body N: a function body of N lines between its braces.
body() {
    echo '{'
    awk -v n="$1" 'BEGIN { while (n-- > 0) print "    x++;" }'
    echo '}'
}

layers() {
    src=$work/src
    mkdir -p "$src/base" "$src/sip" "$src/rtp" "$src/export" "$src/attic"
    { echo 'int fits(int x)'; body 78; echo 'static const int rows[] = {'; seq 1000 | sed 's/$/,/'; echo '};'; } >"$src/base/fits.c"
    "$here/layers.sh" "$src" >"$work/out"
    expect_status "a good tree" 0 $?
    expect "a good tree" ' 0 offences'

    echo '#include "sip/message.h"' >"$src/base/upward.c"
    printf '#include "message.h"\n#include "rtp/rtp.h"\n' >"$src/sip/sideways.c"
    printf '#include "record/call.h"\n#include "base/priv.h"\n' >"$src/export/private.c"
    : >"$src/attic/empty.c"
    echo '#include "base/view.h"' >"$src/attic/unknown.c"
    { echo 'int too_long(int x,'; echo '             int y)'; body 79; seq 800 | sed 's|.*|/* & */|'; } >"$src/rtp/long.c"
    "$here/layers.sh" "$src" >"$work/out"
    expect_status "a bad tree" 1 $?
    expect upward 'base/upward.c:1: base may not include sip'
    expect sideways 'sip/sideways.c:2: sip may not include rtp'
    expect "no room" 'sip/sideways.c:1: "message.h" is not written from src/'
    expect private 'export/private.c:2: priv.h of base'
    expect unknown 'attic/unknown.c:1: the room attic stands on no floor'
    expect "long function" 'rtp/long.c:3: function too_long has 81 lines'
    expect "long file" 'rtp/long.c:883: the file has 883 lines'
    expect count ' 7 offences'
}

# a_case NAME CMD [STDOUT]
a_case() {
    mkdir "$work/tests/golden/$1"
    echo "$2" >"$work/tests/golden/$1/cmd"
    [ $# -lt 3 ] || echo "$3" >"$work/tests/golden/$1/want.stdout"
}

golden() {
    mkdir -p "$work/tests/golden"
    cp "$here/golden/run" "$work/tests/golden/run"
    a_case good '$SIPTAP hello; touch "$TMP/x"' hello
    a_case other '$SIPTAP hello' world
    a_case status 'exit 3' && : >"$work/tests/golden/status/want.stdout"
    a_case skipped 'echo nothing to read >&2; exit 77'
    SIPTAP=/bin/echo sh "$work/tests/golden/run" >"$work/out" 2>&1
    expect_status "golden with failures" 1 $?
    expect good 'ok   good'
    expect other 'FAIL other: stdout'
    expect other '+hello'
    expect status 'FAIL status: status'
    expect skipped 'skip skipped: nothing to read'
    expect closing '1 passed, 2 failed, 1 skipped'
    SIPTAP=/bin/echo sh "$work/tests/golden/run" --accept >"$work/out" 2>&1
    SIPTAP=/bin/echo sh "$work/tests/golden/run" >"$work/out" 2>&1
    expect_status "golden after --accept" 0 $?
    expect accepted '3 passed, 0 failed, 1 skipped'
    SIPTAP=/nowhere/siptap sh "$work/tests/golden/run" >"$work/out" 2>&1
    expect_status "golden without a program" 1 $?
}

layers
golden
[ $failed = 0 ] && echo "layers.sh and golden/run do what they say"
exit $failed
