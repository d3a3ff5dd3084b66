#!/bin/sh
# Checks that the house stands: the floors of the #include lines, the size of files and the length of functions.
#
#   tests/layers.sh [SRC]      SRC: the folder with the rooms, src/ beside this script by default
#
# Prints each offence as file:line: what, and a summary; exits 1 if there was any. A function is measured from its opening
# to its closing brace, both included. Tables (brace initialisers and macro definitions of several lines) count neither
# for a file nor for a function.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
src=${1:-$here/../src}
cd "$src"

find . -name '*.[ch]' | sed 's|^\./||' | sort | awk '
BEGIN {
    file_max = 800
    function_max = 80
    # room: what it may include besides itself
    may["base"] = ""
    n = split("capture decode sip sdp rtp record", r)
    for (i = 1; i <= n; i++) may[r[i]] = "base"
    may["track"] = "base decode sip sdp rtp record"
    may["anonymize"] = may["synth"] = "base decode sip sdp record"
    may["profile"] = may["export"] = may["store"] = may["report"] = "base record"
    may["detect"] = "base profile record"
    may["web"] = may["tui"] = "base store report record"
    below = "base capture decode sip sdp rtp record track profile anonymize export store report synth detect web tui"
    may["pipeline"] = below
    may["cmd"] = below " pipeline"
    for (room in may) {
        n = split(may[room], r)
        for (i = 1; i <= n; i++) allowed[room, r[i]] = 1
        allowed[room, room] = 1
    }
}

function offence(file, line, what) {
    printf "%s:%d: %s\n", file, line, what
    offences++
}

function check_include(file, line, text,    room, target) {
    sub(/^[ \t]*#[ \t]*include[ \t]*"/, "", text)
    sub(/".*/, "", text)
    room = file
    if (!sub(/\/.*/, "", room)) return
    target = text
    if (!sub(/\/.*/, "", target)) {
        offence(file, line, "\"" text "\" is not written from src/ (room/file.h)")
        return
    }
    if (!(room in may)) offence(file, line, "the room " room " stands on no floor of tests/layers.sh")
    else if (!(target in may)) offence(file, line, "\"" text "\" is in no known room")
    else if (!((room, target) in allowed)) offence(file, line, room " may not include " target " (\"" text "\")")
    else if (text ~ /\/priv\.h$/ && target != room) offence(file, line, "priv.h of " target " is for that room alone")
}

function check_function(file, last) {
    functions++
    if (length_now > longest) {
        longest = length_now
        longest_name = file ":" opened ": " name
    }
    if (length_now > function_max)
        offence(file, opened, "function " name " has " length_now " lines, more than " function_max)
}

function check_file(file,    line, text, lines, total, in_table, in_macro, in_function, counts) {
    lines = total = in_table = in_macro = in_function = 0
    candidate = ""
    while ((status = (getline text < file)) > 0) {
        total++
        counts = 1
        if (text ~ /^[ \t]*#[ \t]*include[ \t]*"/) check_include(file, total, text)
        if (in_macro || text ~ /^[ \t]*#[ \t]*define.*\\$/) {
            counts = 0
            in_macro = text ~ /\\$/
        } else if (in_table) {
            counts = 0
            if (text ~ table_end) in_table = 0
        } else if (text ~ /=[ \t]*\{$/) {
            match(text, /^[ \t]*/)
            table_end = "^" substr(text, 1, RLENGTH) "\\}.*;"
            in_table = 1
        } else if (in_function && text ~ /^\}/) {
            length_now++
            check_function(file)
            in_function = 0
        } else if (!in_function && (text ~ /^\{/ || text ~ /^[A-Za-z_].*\)[ \t]*\{$/)) {
            if (text !~ /^\{/) candidate = text
            in_function = 1
            opened = total
            length_now = 0
            name = candidate
            sub(/[ \t]*\(.*/, "", name)
            sub(/.*[ \t*]/, "", name)
        } else if (!in_function && text ~ /^[A-Za-z_].*\(/) {
            candidate = text
        }
        lines += counts
        if (in_function) length_now += counts
    }
    close(file)
    if (status < 0) offence(file, 0, "cannot be read")
    if (lines > file_max) offence(file, total, "the file has " lines " lines without tables, more than " file_max)
    if (lines > biggest) {
        biggest = lines
        biggest_name = file
    }
    files++
}

{ check_file($0) }

END {
    printf "%d files (biggest: %s, %d lines), %d functions (longest: %s, %d lines), %d offences\n", files, biggest_name,
        biggest, functions, longest_name, longest, offences
    if (files == 0) print "no sources here"
    exit files == 0 || offences > 0
}'
