#!/bin/sh
# Feeds every file at hand to `siptap report --json`, captures or not: other projects' captures without SIP, message files,
# fuzz seeds, flow exports, our own sources. Whatever comes, within the time limit: exit code 0, 3 or 4; a document of valid
# JSON with 0 and 4; exactly one line on stderr with 3 and 4, none with 0. Best run with a sanitized build.
#   tests/oracle/robust.sh SIPTAP [FOLDER...]        default: ../shared/captures, tests and src/base of this project
set -u
LC_ALL=C
export LC_ALL
limit=20

if [ "${1:-}" = --one ]; then
    siptap=$2 file=$3 code=0
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    timeout $limit "$siptap" report --json "$file" >"$work/out" 2>"$work/err" || code=$?
    lines=$(wc -l <"$work/err")
    case $code in
    0) want=0 ;;
    3 | 4) want=1 ;;
    124) echo "FAIL $file: over $limit s"; exit 0 ;;
    *) echo "FAIL $file: exit code $code: $(grep -m 1 -E 'ERROR|runtime error|Assertion' "$work/err" || head -n 1 "$work/err")"; exit 0 ;;
    esac
    if [ "$lines" -ne "$want" ]; then
        echo "FAIL $file: exit code $code with $lines lines on stderr: $(head -n 1 "$work/err")"
    elif [ "$code" -ne 3 ] && ! jq -e '.schema == "siptap/report/1"' "$work/out" >/dev/null 2>&1; then
        echo "FAIL $file: exit code $code without a valid document"
    else
        echo "ok $code"
    fi
    exit 0
fi

[ $# -ge 1 ] || { echo "usage: $0 SIPTAP [FOLDER...]" >&2; exit 2; }
siptap=$1
shift
home=$(dirname "$0")/../..
command -v jq >/dev/null 2>&1 || { echo "skipped: jq is not installed"; exit 77; }
[ -x "$siptap" ] || { echo "skipped: $siptap is not built"; exit 77; }
if [ $# -eq 0 ]; then
    set -- "$home/tests" "$home/src/base"
    if [ -d "$home/../shared/captures" ]; then
        set -- "$@" "$home/../shared/captures"
    else
        echo "without ../shared/captures: only files of this project are tried"
    fi
fi
results=$(mktemp)
trap 'rm -f "$results"' EXIT
find "$@" -type f -print0 | xargs -0 -r -n 1 -P 2 "$0" --one "$siptap" >"$results"
grep '^FAIL' "$results" | sort
awk '/^ok/ { n[$2]++; ok++ } /^FAIL/ { bad++ } END {
    printf "%d files: %d whole, %d partial, %d not read\n", ok + bad, n[0], n[4], n[3]
    printf "%d passed, %d failed, 0 skipped\n", ok, bad
    exit bad > 0 }' "$results"
