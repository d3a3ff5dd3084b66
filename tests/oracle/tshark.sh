#!/bin/sh
# Counts SIP messages by method and by status in every capture, with siptap and with tshark, and compares.
#   tests/oracle/tshark.sh SIPTAP [FOLDER|FILE...]        default: ../shared/captures/public
# A difference is traced to its packets and must be explained by what tshark itself says about them; what is not
# explained fails. Each line of the table: verdict, messages counted by tshark, by siptap, capture, reason with packets.
# Skipped (exit 77) without tshark or captures. VERBOSE=1 lists equal captures too.
set -u
LC_ALL=C
export LC_ALL

tcp_options="-o tcp.desegment_tcp_streams:TRUE -o tcp.reassemble_out_of_order:TRUE -o ip.defragment:TRUE -o ipv6.defragment:TRUE"

# tshark_messages FILE OPTION...: "packet kind" of every message, kind being a method or a status.
tshark_messages() {
    file=$1
    shift
    # shellcheck disable=SC2086 # options are words
    tshark -n -r "$file" $tcp_options "$@" -Y 'sip.Method or sip.Status-Code' -T fields -E occurrence=a -E 'aggregator=|' \
        -E separator=/t -e frame.number -e sip.Method -e sip.Status-Code 2>/dev/null | awk -F '\t' '
        function each(list, number,    part, n, i) {
            n = split(list, part, "|")
            for (i = 1; i <= n; i++) {
                if (part[i] == "") continue
                print number, part[i]
            }
        }
        { each($2, $1); each($3, $1) }'
}

# siptap_messages FILE: the same from siptap, with the oddities of each message behind.
siptap_messages() {
    timeout 60 "$siptap" messages "$1" --format ndjson 2>/dev/null | jq -r '"\(.packet) " +
        "\(if .kind == "request" then .method else (.status // 0) end) \((.oddities // []) | join(","))"'
}

# "kind count": statuses that are no number from 100 to 699 are counted as "other", names of methods cut after 64 bytes, as
# the report does.
by_kind() {
    awk '{ k = substr($2, 1, 64); if (k ~ /^[0-9]+$/ && (k < 100 || k > 699)) k = "other"; n[k]++ } END { for (k in n) print k, n[k] }' "$1" | sort
}

siptap_report() {
    jq -r '(.messages.requests.by_method, .messages.responses.by_status) | to_entries[] | "\(.key) \(.value)"' "$1" | sort
}

# only A B: lines of A that B lacks, as multisets; then lines whose kind is left over on the other side as well are
# dropped: the same message ends in another packet there.
only() {
    awk 'FILENAME == ARGV[1] { have[$0]++; next } have[$0] > 0 { have[$0]--; next } { print }' "$2" "$1"
}

cancel() {
    awk 'FILENAME == ARGV[1] { other[$2]++; next } other[$2] > 0 { other[$2]--; next } { print }' "$2" "$1"
}

# packets FILE: "1, 2, 3 and 12 more"
packets() {
    awk '{ n++; if (n <= 5) s = s (n > 1 ? ", " : "") $1 } END { if (n > 5) s = s " and " n - 5 " more"; print s }' "$1"
}

# True for the magic numbers of pcap and pcapng.
is_pcap() {
    case "$(od -An -tx1 -N4 "$1" | tr -d ' ')" in
    a1b2c3d4 | d4c3b2a1 | a1b23c4d | 4d3cb2a1 | a1b2cd34 | 34cdb2a1 | 0a0d0d0a) return 0 ;;
    esac
    return 1
}

filter_of() {
    awk '{ s = s (NR > 1 ? "," : "") $1 } END { print "frame.number in {" s "}" }' "$1"
}

# Why tshark counts messages that siptap does not. Reads $work/tshark_only, leaves what is not explained in it.
explain_tshark_only() {
    tshark -n -r "$file" -Y "$(filter_of "$work/tshark_only")" -T fields -E separator=/t -E occurrence=f -e frame.number \
        -e frame.protocols -e tcp.analysis.retransmission -e tcp.analysis.spurious_retransmission \
        -e tcp.analysis.out_of_order >"$work/about" 2>/dev/null
    awk -F '\t' '$2 ~ /:icmp(v6)?:.*:sip/ { print $1 }' "$work/about" >"$work/icmp"
    awk -F '\t' '$2 !~ /icmp/ && ($3 != "" || $4 != "" || $5 != "") { print $1 }' "$work/about" >"$work/again"
    explained "$work/icmp" "$work/tshark_only" "quoted in an ICMP error"
    explained "$work/again" "$work/tshark_only" "TCP bytes that were sent before"
}

# explained PACKETS MESSAGES REASON: takes the messages of these packets away and notes the reason.
explained() {
    awk 'FILENAME == ARGV[1] { have[$1] = 1; next } $1 in have { print }' "$1" "$2" >"$work/taken"
    [ -s "$work/taken" ] || return 0
    awk 'FILENAME == ARGV[1] { have[$1] = 1; next } !($1 in have) { print }' "$1" "$2" >"$work/left"
    mv "$work/left" "$2"
    echo "$3 (packets $(packets "$work/taken"))" >>"$work/reasons"
}

# Why siptap counts messages that tshark does not: asked to take the ports of these packets for SIP, does it see them?
explain_siptap_only() {
    tshark -n -r "$file" -Y "$(filter_of "$work/siptap_only")" -T fields -E separator=/t -E occurrence=l -e frame.number \
        -e udp.srcport -e udp.dstport -e tcp.srcport -e tcp.dstport >"$work/about" 2>/dev/null
    tshark -n -r "$file" -Y "($(filter_of "$work/siptap_only")) && (udp.payload[0:4] == 48:45:50:33 || tcp.payload[0:4] == 48:45:50:33)" \
        -T fields -e frame.number >"$work/hep" 2>/dev/null
    explained "$work/hep" "$work/siptap_only" "carried in HEP3, which tshark shows without its SIP"
    # A start line that breaks the grammar (a NUL in it does): siptap counts the message and says what is odd, tshark shows bytes.
    awk '$3 ~ /sip\.(version|start_line|status|method|reason|nul_in_headers|request_uri)/ { print $1 }' "$work/oddities" >"$work/odd"
    tshark -n -r "$file" -Y "!sip && ($(filter_of "$work/siptap_only"))" -T fields -e frame.number -e frame.protocols 2>/dev/null |
        awk '$2 ~ /:data$/ { print $1 }' >"$work/data"
    awk 'FILENAME == ARGV[1] { have[$1] = 1; next } $1 in have' "$work/data" "$work/odd" >"$work/broken"
    explained "$work/broken" "$work/siptap_only" "a damaged start line: data to tshark, a message with oddities to siptap"
    [ -s "$work/siptap_only" ] || return 0
    for port in $(awk -F '\t' '{ print $2; print $3 }' "$work/about" | grep . | sort | uniq -c | sort -rn | awk '{ print "udp.port==" $2 }' | head -n 12) \
        $(awk -F '\t' '{ print $4; print $5 }' "$work/about" | grep . | sort | uniq -c | sort -rn | awk '{ print "tcp.port==" $2 }' | head -n 12); do
        [ -s "$work/siptap_only" ] || return 0
        tshark_messages "$file" -d "$port,sip" >"$work/as_sip"
        only "$work/siptap_only" "$work/as_sip" >"$work/left"
        only "$work/siptap_only" "$work/left" >"$work/seen"
        explained "$work/seen" "$work/siptap_only" "tshark does not look for SIP at $port; told to (-d $port,sip) it agrees"
    done
}

compare() {
    file=$1
    name=${file#"${root%/}/"}
    code=0
    timeout 60 "$siptap" report --json "$file" >"$work/report" 2>"$work/stderr" || code=$?
    if [ "$code" -eq 3 ] && ! tshark -n -r "$file" -c 1 >/dev/null 2>&1; then
        printf 'equal\t0\t0\t%s\tneither reads it\n' "$name"
        return
    fi
    tshark_messages "$file" >"$work/tshark"
    total=$(wc -l <"$work/tshark")
    if [ "$code" -ne 0 ] && [ "$code" -ne 4 ]; then
        if [ "$total" -eq 0 ] && [ "$code" -eq 3 ]; then
            printf 'equal\t0\t0\t%s\tnot read: %s\n' "$name" "$(head -n 1 "$work/stderr")"
        elif [ "$code" -eq 3 ] && grep -q 'unsupported format' "$work/stderr" && ! is_pcap "$file"; then
            printf 'explained\t%s\t-\t%s\tnot a format of ours: %s\n' "$total" "$name" "$(sed 's/.*unsupported format/unsupported format/' "$work/stderr")"
        else
            printf 'DIFFERENT\t%s\t-\t%s\texit code %s: %s\n' "$total" "$name" "$code" "$(head -n 1 "$work/stderr")"
        fi
        return
    fi
    siptap_report "$work/report" >"$work/ours"
    by_kind "$work/tshark" >"$work/theirs"
    ours=$(awk '{ n += $2 } END { print n + 0 }' "$work/ours")
    if cmp -s "$work/ours" "$work/theirs"; then
        printf 'equal\t%s\t%s\t%s\t\n' "$total" "$ours" "$name"
        return
    fi
    siptap_messages "$file" >"$work/oddities"
    awk '{ print $1, $2 }' "$work/oddities" >"$work/siptap"
    by_kind "$work/siptap" >"$work/listed"
    : >"$work/reasons"
    cmp -s "$work/ours" "$work/listed" || echo "siptap messages and siptap report do not agree" >>"$work/unexplained"
    only "$work/tshark" "$work/siptap" >"$work/t1"
    only "$work/siptap" "$work/tshark" >"$work/s1"
    cancel "$work/t1" "$work/s1" >"$work/tshark_only"
    cancel "$work/s1" "$work/t1" >"$work/siptap_only"
    [ ! -s "$work/tshark_only" ] || explain_tshark_only
    [ ! -s "$work/siptap_only" ] || explain_siptap_only
    reasons=$(awk '{ s = s (NR > 1 ? "; " : "") $0 } END { print s }' "$work/reasons")
    if [ -s "$work/tshark_only" ] || [ -s "$work/siptap_only" ] || [ -s "$work/unexplained" ]; then
        printf 'DIFFERENT\t%s\t%s\t%s\t' "$total" "$ours" "$name"
        [ ! -s "$work/tshark_only" ] || printf 'only tshark: %s; ' "$(listed "$work/tshark_only")"
        [ ! -s "$work/siptap_only" ] || printf 'only siptap: %s; ' "$(listed "$work/siptap_only")"
        [ ! -s "$work/unexplained" ] || printf '%s; ' "$(cat "$work/unexplained")"
        printf '%s\n' "$reasons"
    else
        printf 'explained\t%s\t%s\t%s\t%s\n' "$total" "$ours" "$name" "$reasons"
    fi
}

# "INVITE in packets 1, 2 and 4 more, 200 in packets 3"
listed() {
    awk '{ n[$2]++; if (n[$2] <= 5) p[$2] = p[$2] (n[$2] > 1 ? "," : "") $1 }
        END { for (k in p) { s = s (s != "" ? ", " : "") k " x " n[k] " in packets " p[k] } print s }' "$1"
}

if [ "${1:-}" = --one ]; then
    siptap=$2 root=$3
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    compare "$4"
    exit 0
fi

[ $# -ge 1 ] || { echo "usage: $0 SIPTAP [FOLDER|FILE...]" >&2; exit 2; }
siptap=$1
shift
root=$(dirname "$0")/../../../shared/captures/public
[ $# -gt 0 ] || set -- "$root"
root=$1
for need in tshark jq; do
    command -v $need >/dev/null 2>&1 || { echo "skipped: $need is not installed"; exit 77; }
done
[ -e "$1" ] || { echo "skipped: no captures at $1"; exit 77; }
[ -x "$siptap" ] || { echo "skipped: $siptap is not built"; exit 77; }

table=$(mktemp)
trap 'rm -f "$table"' EXIT
find "$@" -type f \( -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' -o -name '*.pcap.gz' -o -name '*.pcapng.gz' -o -name '*.dmp' \) -print0 |
    xargs -0 -r -n 1 -P 2 "$0" --one "$siptap" "$root" >"$table"
sort -t "$(printf '\t')" -k 1,1 -k 4,4 "$table" | awk -F '\t' -v verbose="${VERBOSE:-}" '
    $1 != "equal" || verbose { printf "%-10s %8s %8s  %s%s\n", $1, $2, $3, $4, $5 != "" ? ": " $5 : "" }
    { n[$1]++; if ($1 != "DIFFERENT") ok++; messages += $2 }
    END {
        printf "%d captures, %d messages by tshark: %d equal, %d explained, %d different\n", NR, messages, n["equal"], n["explained"], n["DIFFERENT"]
        printf "%d passed, %d failed, 0 skipped\n", ok, n["DIFFERENT"]
        exit n["DIFFERENT"] > 0
    }'
