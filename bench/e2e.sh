#!/bin/sh
# The end-to-end benchmark: `siptap report` on whole captures beside tcpdump, tshark and sngrep, as ratios of CPU time.
#
#     bench/e2e.sh [BUILD-FOLDER]
#
# Every run of siptap stands between two runs of `tcpdump -r FILE -w /dev/null` on the same file in the page cache; the
# result is the median of the ratios, which survives a machine whose speed drifts. Prints a Markdown table.
#
# Environment: SIPTAP (the program; otherwise looked for in the build folder), WORK (folder for the captures, about 5 GB;
# otherwise a temporary one, removed at the end), SCALE (1: a million messages), ROUNDS (5), PEER_ROUNDS (3),
# PEER_PACKETS (200000: length of the prefix that the slow tools read), SIPP_CALLS (20000), LIMIT_S (600: of one run).
set -u

here=$(cd "$(dirname "$0")" && pwd)
build=${1:-build}
SCALE=${SCALE:-1} ROUNDS=${ROUNDS:-5} PEER_ROUNDS=${PEER_ROUNDS:-3} PEER_PACKETS=${PEER_PACKETS:-200000}
SIPP_CALLS=${SIPP_CALLS:-20000} LIMIT_S=${LIMIT_S:-600}
SIPP_PEER_PACKETS=$((PEER_PACKETS / 4)) # tshark needs quadratic time on SIPp's Call-IDs

die() {
    echo "e2e.sh: $*" >&2
    exit 3
}

say() {
    echo "e2e.sh: $*" >&2
}

have() {
    command -v "$1" >/dev/null 2>&1
}

[ -n "${SIPTAP:-}" ] || SIPTAP=$(find "$build" -type f -name siptap -perm -u+x 2>/dev/null | head -n 1)
[ -n "$SIPTAP" ] && [ -x "$SIPTAP" ] || die "no siptap in $build; build it, or set SIPTAP"
have tcpdump || die "tcpdump is the measure of this benchmark and is not installed"

if [ -n "${WORK:-}" ]; then
    mkdir -p "$WORK" || die "cannot make $WORK"
    remove=
else
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/siptap-e2e.XXXXXX") || die "no temporary folder"
    remove=$WORK
fi
started= # processes of ours that still run
finish() {
    for pid in $started; do
        kill "$pid" 2>/dev/null
    done
    [ -z "$remove" ] || rm -rf "$remove"
}
trap finish EXIT
trap 'exit 130' INT TERM

cputime=$WORK/cputime
${CC:-cc} -O2 -D_GNU_SOURCE -o "$cputime" "$here/cputime.c" || die "cannot compile cputime.c"

# ---- figures ----------------------------------------------------------------------------------------------------------

# measure COMMAND...: sets cpu, wall, rss, status
measure() {
    set -- $("$cputime" -t "$LIMIT_S" "$@")
    cpu=$1 wall=$2 rss=$3 status=$4
}

median() {
    sort -n | awk '{v[NR] = $1} END {if (!NR) print "-"; else if (NR % 2) print v[(NR + 1) / 2]; else print (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

divide() {
    awk -v a="$1" -v b="$2" 'BEGIN {if (a == "-" || b == "-" || b + 0 == 0) print "-"; else printf "%.4g\n", a / b}'
}

scaled() {
    awk -v a="$SCALE" -v b="$1" 'BEGIN {printf "%g\n", a * b}'
}

warm() {
    cat "$1" >/dev/null
}

row() {
    printf '| %s | %s | %s | %s | %s | %s |\n' "$@" >>"$WORK/table"
}

# paired NAME FILE ROUNDS COMMAND...: one row; the result is the ratio of CPU time to tcpdump's around it.
# Leaves ratio, cpu_median and rss_max.
paired() {
    name=$1 file=$2 rounds=$3
    shift 3
    : >"$WORK/ratios"
    : >"$WORK/cpus"
    rss_max=0 worst=0 i=0
    warm "$file"
    while [ "$i" -lt "$rounds" ]; do
        measure tcpdump -r "$file" -w /dev/null
        before=$cpu
        measure "$@"
        own=$cpu
        [ "$rss" -gt "$rss_max" ] && rss_max=$rss
        [ "$status" -eq 0 ] || worst=$status
        measure tcpdump -r "$file" -w /dev/null
        awk -v s="$own" -v a="$before" -v b="$cpu" 'BEGIN {printf "%.5g\n", 2 * s / (a + b)}' >>"$WORK/ratios"
        echo "$own" >>"$WORK/cpus"
        i=$((i + 1))
        [ "$worst" -lt 124 ] || break # too slow, not found, or killed
    done
    ratio=$(median <"$WORK/ratios") cpu_median=$(median <"$WORK/cpus")
    note=
    [ "$worst" -eq 0 ] || note=" (exit status $worst)"
    row "$name" "$(basename "$file")" "$ratio$note" "$cpu_median" "$((rss_max / 1024))" "$i"
    say "$name on $(basename "$file"): $ratio x tcpdump, $cpu_median s, $((rss_max / 1024)) MiB$note"
}

# ---- captures ---------------------------------------------------------------------------------------------------------

# make NAME WORKLOAD FACTOR [OPTION...]
make_capture() {
    out=$WORK/$1.pcap workload=$2 factor=$3
    shift 3
    [ -s "$out" ] && return 0
    say "writing $(basename "$out")"
    "$SIPTAP" synth "$workload" -w "$out" --truth "$out.json" --seed 1 --scale "$(scaled "$factor")" "$@" >/dev/null ||
        die "siptap synth $workload failed"
}

# prefix FILE PACKETS: prints the name of a file with its first packets
prefix() {
    short=${1%.pcap}-$2.pcap
    [ -s "$short" ] || tcpdump -r "$1" -c "$2" -w "$short" 2>/dev/null
    echo "$short"
}

# Real stacks: SIPp's own caller and callee on loopback. The capture ends when the calls do or time is up.
record_sipp() {
    out=$WORK/sipp.pcap
    [ -s "$out" ] && return 0
    have sipp || return 1
    say "recording $SIPP_CALLS calls of SIPp"
    tcpdump -i lo -B 65536 -s 0 -w "$out" udp port 5060 2>"$WORK/tcpdump.log" &
    dump=$!
    started="$started $dump"
    sleep 1
    (cd "$WORK" && exec sipp -sn uas -i 127.0.0.1 -p 5060 -nostdin) >/dev/null 2>&1 &
    uas=$!
    started="$started $uas"
    sleep 1
    (cd "$WORK" && exec sipp -sn uac -i 127.0.0.1 -p 5062 -m "$SIPP_CALLS" -r 800 -l 4000 -d 200 -timeout 120s -nostdin 127.0.0.1:5060) \
        >/dev/null 2>&1
    sleep 1
    kill "$uas" "$dump" 2>/dev/null
    wait "$uas" "$dump" 2>/dev/null
    started=
    [ -s "$out" ]
}

# ---- the comparison ---------------------------------------------------------------------------------------------------

# peers FILE PACKETS TSHARK-STATISTIC [SNGREP-OPTION]: tshark and sngrep on a prefix, siptap on the same
peers() {
    part=$(prefix "$1" "$2") statistic=$3 option=${4:-}
    paired 'siptap report --jobs 1' "$part" "$ROUNDS" "$SIPTAP" report --jobs 1 "$part"
    own_ratio=$ratio
    if have tshark; then
        paired "tshark -q -z $statistic" "$part" "$PEER_ROUNDS" tshark -n -q -z "$statistic" -r "$part"
        echo "- $(basename "$part"): siptap needs $(divide "$ratio" "$own_ratio") times less CPU than tshark" >>"$WORK/findings"
    fi
    if have sngrep; then
        paired 'sngrep -N -q' "$part" "$PEER_ROUNDS" sngrep -F -N -q $option -l 5000000 -I "$part"
        echo "- $(basename "$part"): siptap needs $(divide "$ratio" "$own_ratio") times less CPU than sngrep" >>"$WORK/findings"
    fi
}

# cores FILE: wall time of one worker over that of two, run in turns
cores() {
    : >"$WORK/ratios"
    i=0
    warm "$1"
    while [ "$i" -lt "$ROUNDS" ]; do
        measure "$SIPTAP" report --jobs 1 "$1"
        one=$wall
        measure "$SIPTAP" report --jobs 2 "$1"
        divide "$one" "$wall" >>"$WORK/ratios"
        i=$((i + 1))
    done
    echo "- $(basename "$1"): --jobs 2 is $(median <"$WORK/ratios") times as fast as --jobs 1 (wall time)" >>"$WORK/findings"
}

# growth SHORT LONG FACTOR: CPU time of the long file over that of the short one, run in turns
growth() {
    : >"$WORK/ratios"
    i=0
    warm "$1"
    warm "$2"
    while [ "$i" -lt "$ROUNDS" ]; do
        measure "$SIPTAP" report --jobs 1 "$1"
        short_cpu=$cpu short_rss=$rss
        measure "$SIPTAP" report --jobs 1 "$2"
        divide "$cpu" "$short_cpu" >>"$WORK/ratios"
        i=$((i + 1))
    done
    echo "- $3 times the length ($(basename "$1") to $(basename "$2")): $(median <"$WORK/ratios") times the CPU time," \
        "$((short_rss / 1024)) to $((rss / 1024)) MiB" >>"$WORK/findings"
}

: >"$WORK/table"
: >"$WORK/findings"

make_capture open open-server 1
paired 'siptap report --jobs 1' "$WORK/open.pcap" "$ROUNDS" "$SIPTAP" report --jobs 1 "$WORK/open.pcap"
cores "$WORK/open.pcap"
peers "$WORK/open.pcap" "$PEER_PACKETS" sip,stat

make_capture tcp open-server 1 --transport tcp
paired 'siptap report --jobs 1' "$WORK/tcp.pcap" "$ROUNDS" "$SIPTAP" report --jobs 1 "$WORK/tcp.pcap"
cores "$WORK/tcp.pcap"
peers "$WORK/tcp.pcap" "$PEER_PACKETS" sip,stat
[ -z "$remove" ] || rm -f "$WORK"/tcp*.pcap

make_capture rtp rtp 1
paired 'siptap report --jobs 1' "$WORK/rtp.pcap" "$ROUNDS" "$SIPTAP" report --jobs 1 "$WORK/rtp.pcap"
cores "$WORK/rtp.pcap"
peers "$WORK/rtp.pcap" "$PEER_PACKETS" rtp,streams -r
[ -z "$remove" ] || rm -f "$WORK"/rtp*.pcap

if record_sipp; then
    paired 'siptap report --jobs 1' "$WORK/sipp.pcap" "$ROUNDS" "$SIPTAP" report --jobs 1 "$WORK/sipp.pcap"
    peers "$WORK/sipp.pcap" "$SIPP_PEER_PACKETS" sip,stat
    packets=$(tcpdump -r "$WORK/sipp.pcap" -w - 2>/dev/null | tcpdump -r - --count 2>/dev/null | awk '{print $1; exit}')
    growth "$(prefix "$WORK/sipp.pcap" $((${packets:-4} / 4)))" "$WORK/sipp.pcap" 4
else
    echo '- the capture of SIPp could not be recorded (no sipp, or no right to capture): skipped' >>"$WORK/findings"
fi

make_capture open-half open-server 0.5
growth "$WORK/open-half.pcap" "$WORK/open.pcap" 2
make_capture open-double open-server 2
growth "$WORK/open.pcap" "$WORK/open-double.pcap" 2
[ -z "$remove" ] || rm -f "$WORK"/open-half.pcap "$WORK"/open-double.pcap
make_capture open-fourfold open-server 4
growth "$WORK/open.pcap" "$WORK/open-fourfold.pcap" 4

echo "Machine: $(uname -m), $(getconf _NPROCESSORS_ONLN) processors; scale $SCALE; medians of the stated rounds."
echo
echo '| command | capture | CPU, ratio to tcpdump -w /dev/null | CPU s | max RSS MiB | rounds |'
echo '|---|---|---:|---:|---:|---:|'
cat "$WORK/table"
echo
cat "$WORK/findings"
