#!/bin/sh
# Compares the calls of captures with those of sngrep: how many there are and how they ended. sngrep has no batch output, so
# it runs in a tmux of its own and its screen is read.
#   tests/oracle/sngrep.sh SIPTAP [FILE...]          default: captures of ../shared/captures/public with 1 to 40 calls
# sngrep takes every Call-ID that begins with an INVITE for a call; ours is a Call-ID and From tag. Both are counted by
# Call-ID here, and states are mapped as in the table of `map` below. Skipped (exit 77) without sngrep, tmux or captures.
set -u
LC_ALL=C.UTF-8
export LC_ALL
wanted=12

# Call-IDs with their state, of our calls: several From tags of one Call-ID count once.
our_calls() {
    timeout 60 "$siptap" calls "$1" --format ndjson 2>/dev/null | jq -r '[.call_id, .state] | @tsv' | sort -u -k 1,1 | cut -f 2
}

# What sngrep calls our states. It has no word for a call without any answer, shows a call with an answer and no BYE as
# going on, and puts all failures, whoever refused, under REJECTED, save the busy ones and the redirected ones.
map() {
    sed -e 's/^completed$/COMPLETED/' -e 's/^cancelled$/CANCELLED/' -e 's/^redirected$/DIVERTED/' \
        -e 's/^\(ongoing\|answered\|expired\)$/IN CALL/' -e 's/^\(unanswered\|ringing\|unknown\)$/CALL SETUP/' \
        -e 's/^\(rejected\|failed\)$/REJECTED/' | sort | uniq -c | awk '{ n = $1; $1 = ""; print substr($0, 2), n }'
}

# BUSY is one way of being rejected.
normal() {
    sed -e 's/^BUSY$/REJECTED/' | sort | uniq -c | awk '{ n = $1; $1 = ""; print substr($0, 2), n }'
}

# The last column of the call list of sngrep, one line per call; tall enough to hold them all.
sngrep_calls() {
    session=siptap-oracle-$$
    tmux -L "$session" -f /dev/null new-session -d -s "$session" -x 200 -y 120 "exec sngrep -c -I '$1'" 2>/dev/null || return 1
    screen='' before=x tries=0
    while [ "$tries" -lt 20 ]; do
        sleep 0.3
        screen=$(tmux -L "$session" capture-pane -p -t "$session" 2>/dev/null) || break
        [ "$screen" = "$before" ] && [ "$tries" -gt 3 ] && break
        before=$screen tries=$((tries + 1))
    done
    # A sngrep that loses its terminal goes on for ever, at full speed.
    kill -9 "$(tmux -L "$session" list-panes -F '#{pane_pid}' 2>/dev/null)" 2>/dev/null
    tmux -L "$session" kill-server 2>/dev/null
    printf '%s\n' "$screen" | sed -n 's/.*\[[ *]\] *[0-9][0-9]* .*[ 0-9]\(COMPLETED\|CANCELLED\|REJECTED\|BUSY\|DIVERTED\|IN CALL\|CALL SETUP\) *$/\1/p'
}

[ $# -ge 1 ] || { echo "usage: $0 SIPTAP [FILE...]" >&2; exit 2; }
siptap=$1
shift
for need in sngrep tmux jq; do
    command -v $need >/dev/null 2>&1 || { echo "skipped: $need is not installed"; exit 77; }
done
[ -x "$siptap" ] || { echo "skipped: $siptap is not built"; exit 77; }
chosen=$(mktemp)
trap 'rm -f "$chosen"' EXIT
if [ $# -gt 0 ]; then
    printf '%s\n' "$@" >"$chosen"
else
    captures=$(dirname "$0")/../../../shared/captures/public
    [ -d "$captures" ] || { echo "skipped: no captures at $captures"; exit 77; }
    # The more calls and the more different ends, the better the test; larger ones do not fit the screen.
    find "$captures" -type f \( -name '*.pcap' -o -name '*.pcapng' \) -size -4000k | sort | while read -r file; do
        timeout 20 "$siptap" report --json "$file" 2>/dev/null |
            jq -r --arg f "$file" 'select(.calls.attempts > 0 and .calls.attempts <= 40 and .messages.malformed == 0 and .messages.by_transport.udp == .messages.total) |
                [([.calls | .completed, .cancelled, .redirected, .failed, .unanswered, .ongoing | select(. > 0)] | length), .calls.attempts, $f] | @tsv'
    done | sort -k 1,1nr -k 2,2nr | head -n $wanted | cut -f 3 >"$chosen"
fi
passed=0 failed=0 skipped=0
while read -r file; do
    ours=$(our_calls "$file" | map)
    theirs=$(sngrep_calls "$file" | normal)
    if [ -z "$theirs" ]; then
        skipped=$((skipped + 1))
        echo "skipped    $(basename "$file"): sngrep lists no call at all of it"
    elif [ "$ours" = "$theirs" ]; then
        passed=$((passed + 1))
        echo "equal      $(basename "$file"): $(echo "$ours" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
    else
        failed=$((failed + 1))
        echo "DIFFERENT  $file"
        echo "  siptap: $(echo "$ours" | tr '\n' ',')"
        echo "  sngrep: $(echo "$theirs" | tr '\n' ',')"
    fi
done <"$chosen"
if [ $((passed + failed)) -eq 0 ]; then
    echo "skipped: no capture with calls was found"
    exit 77
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
