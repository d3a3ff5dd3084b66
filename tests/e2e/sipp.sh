#!/bin/sh
# The real thing on loopback: SIPp calls SIPp while `siptap report -i lo` watches, over UDP and over TCP. Calls, completed
# calls and messages must be what SIPp itself counted (-trace_stat). Then the same ended by Ctrl-C instead of --duration.
#   tests/e2e/sipp.sh SIPTAP
# Skipped (exit 77) without SIPp or without the right to capture.
set -u
LC_ALL=C
export LC_ALL
calls=200 rate=50 uas_port=45060 uac_port=45070
per_call=6 # INVITE 180 200 ACK BYE 200

[ $# -eq 1 ] || { echo "usage: $0 SIPTAP" >&2; exit 2; }
siptap=$(realpath "$1")
for need in sipp jq; do
    command -v $need >/dev/null 2>&1 || { echo "skipped: $need is not installed"; exit 77; }
done
[ -x "$siptap" ] || { echo "skipped: $siptap is not built"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
timeout 10 "$siptap" report -i lo --duration 0.3 --json >probe 2>probe.err
case $? in
0 | 4) ;;
*) echo "skipped: no live capture here: $(head -n 1 probe.err)"; exit 77 ;;
esac

# value FILE COLUMN: the last value of a column of a SIPp statistic.
value() {
    awk -F ';' -v want="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) at = i } { last = $at } END { print last + 0 }' "$1"
}

# traffic TRANSPORT: both ends, after siptap had time to open the interface.
traffic() {
    timeout 30 sipp -sn uas -i 127.0.0.1 -p $uas_port -t "$1" -m $calls -nostdin -trace_stat -stf uas.csv >uas.out 2>&1 &
    sleep 1
    timeout 30 sipp -sn uac 127.0.0.1:$uas_port -i 127.0.0.1 -p $uac_port -t "$1" -m $calls -r $rate -nostdin -trace_stat \
        -stf uac.csv >uac.out 2>&1
    wait
}

# watch TRANSPORT COMMAND...: runs the command (a siptap) in the foreground, so that it takes SIGINT, beside the traffic.
watch() {
    transport=$1
    shift
    rm -f uas.csv uac.csv
    traffic "$transport" &
    "$@" >report.json 2>report.err
    code=$?
    wait
}

passed=0 failed=0
# same WHAT WANT GOT
same() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "DIFFERENT  $1: SIPp says $2, siptap $3"
    fi
}

verify() {
    echo "$1: exit code $code, $(head -n 1 report.err)"
    if [ ! -s uac.csv ] || [ ! -s uas.csv ]; then
        echo "FAIL $1: SIPp left no statistics: $(tail -n 3 uac.out uas.out)"
        failed=$((failed + 1))
        return
    fi
    good=$(value uac.csv 'SuccessfulCall(C)') bad=$(value uac.csv 'FailedCall(C)')
    again=$(($(value uac.csv 'Retransmissions(C)') + $(value uas.csv 'Retransmissions(C)')))
    same "$1, exit code" 0 "$code"
    same "$1, calls" $((good + bad)) "$(jq .calls.attempts report.json)"
    same "$1, completed" "$good" "$(jq .calls.completed report.json)"
    same "$1, messages" $((per_call * (good + bad) + again)) "$(jq .messages.total report.json)"
    same "$1, repeated messages" "$again" "$(jq .messages.retransmissions report.json)"
    same "$1, over the transport" "$(jq .messages.total report.json)" "$(jq ".messages.by_transport.$2" report.json)"
}

watch u1 timeout 40 "$siptap" report -i lo -f "port $uas_port" --duration 9 --json
verify "UDP" udp
watch t1 timeout 40 "$siptap" report -i lo -f "port $uas_port" --duration 9 --json
verify "TCP" tcp
# timeout sends the SIGINT that a person would.
watch u1 timeout --preserve-status -s INT 9 "$siptap" report -i lo -f "port $uas_port" --json
verify "UDP, ended by SIGINT" udp
watch u1 timeout --preserve-status -s INT 9 "$siptap" report -i lo -f "port $uas_port"
same "page after SIGINT" 1 "$(grep -c '^CALLS' report.json)"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
