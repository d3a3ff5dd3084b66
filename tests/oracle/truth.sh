#!/bin/sh
# Generated traffic against the truth its generator wrote: every number of the report that the truth knows must be equal.
#     tests/oracle/truth.sh SIPTAP
set -u
[ $# -eq 1 ] || { echo "usage: $0 SIPTAP" >&2; exit 2; }
siptap=$1
[ -x "$siptap" ] || { echo "skipped: $siptap is not built"; exit 77; }
command -v jq >/dev/null 2>&1 || { echo "skipped: jq is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# One line per number: NAME VALUE. $ongoing: the report's "ongoing" has what still rings in it, the truth's has not.
numbers='def row(n; v): "\(n) \(v)";
row("packets"; .packets),
row("requests"; .messages.requests.total), row("responses"; .messages.responses.total),
(.messages.requests.by_method | to_entries | sort_by(.key)[] | select(.value > 0) | row("method " + .key; .value)),
(.messages.responses.by_status | to_entries | sort_by(.key)[] | select(.value > 0) | row("status " + .key; .value)),
row("retransmissions"; .messages.retransmissions), row("malformed"; .messages.malformed),
row("udp"; .messages.by_transport.udp), row("tcp"; .messages.by_transport.tcp),
(.calls | row("attempts"; .attempts), row("answered"; .answered), row("unanswered"; .unanswered), row("ringing"; .ringing),
 row("ongoing"; .ongoing), row("completed"; .completed), row("cancelled"; .cancelled), row("redirected"; .redirected),
 row("challenged"; .challenged), row("failed"; .failed)),
(.registrations | row("active"; .bindings_active), row("registered"; .registered), row("refreshed"; .refreshed),
 row("removed"; .removed), row("refused"; .failed), row("silent"; .unanswered)),
(.streams | row("streams"; .total), row("rtp"; .packets), row("lost"; .lost)),
row("crlf"; .keepalives.crlf)'

# Methods that are none in the truth are told by name in the report.
compare() { # NAME OPTION...
    name=$1
    shift
    "$siptap" synth "$@" -w "$work/x.pcapng" --truth "$work/truth.json" >/dev/null 2>&1 || { echo "FAIL $name: synth"; failed=$((failed + 1)); return; }
    for jobs in 1 3; do
        "$siptap" report --jobs $jobs --json --quiet "$work/x.pcapng" >"$work/report.json"
        jq -r ".calls.ongoing += .calls.ringing | .messages.requests.by_method |= with_entries(select(.key != \"other\")) | $numbers" \
            "$work/truth.json" >"$work/want"
        jq -r ".packets = .input.packets | .messages.requests.by_method |= with_entries(select(.key | test(\"^[A-Z]+$\"))) | $numbers" "$work/report.json" >"$work/got"
        if diff "$work/want" "$work/got" >"$work/diff"; then
            echo "equal $name, --jobs $jobs: $(wc -l <"$work/want") numbers"
            passed=$((passed + 1))
        else
            echo "FAIL  $name, --jobs $jobs (< truth, > report):"
            cat "$work/diff"
            failed=$((failed + 1))
        fi
    done
}

for seed in 1 2 3; do
    compare "sample, seed $seed" sample --seed $seed
    compare "open-server over UDP, seed $seed" open-server --seed $seed --count 20000
    compare "open-server over TCP, seed $seed" open-server --seed $seed --count 20000 --transport tcp
done
compare "rtp" rtp --count 40000
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
