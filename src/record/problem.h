/* The problems an expert would point at: identifiers, words, weight, and the command to type next, in one table. */
#pragma once
#include <stdbool.h>

/* X(symbol, id, severity, by_call_id, text after the count, command) */
#define PROBLEMS(X) \
    X(CALL_NO_ANSWER, "call.no_answer", 3, true, "calls whose INVITE got no response at all", \
      "siptap ladder {FILE} --call-id '{CALL_ID}'") \
    X(CALL_SERVER_ERROR, "call.server_error", 3, true, "calls refused by a server error (5xx)", \
      "siptap ladder {FILE} --call-id '{CALL_ID}'") \
    X(CALL_ONE_WAY_AUDIO, "call.one_way_audio", 3, true, "answered calls with media in one direction only", \
      "siptap streams {FILE} --where \"call_id = '{CALL_ID}'\"") \
    X(CALL_NO_ACK, "call.no_ack", 3, true, "answered calls whose 200 OK was never acknowledged", \
      "siptap ladder {FILE} --call-id '{CALL_ID}'") \
    X(REG_NEVER, "registration.never_succeeds", 3, false, "users whose registration never succeeded", \
      "siptap registrations {FILE} --where \"aor = '{EXAMPLE}'\"") \
    X(REG_PASSWORD, "registration.wrong_password", 3, false, "users whose credentials were refused (wrong password)", \
      "siptap messages {FILE} --where \"method = 'REGISTER' and to_uri like '%{EXAMPLE}%'\"") \
    X(REG_NO_ANSWER, "registration.no_answer", 3, false, "users whose REGISTER got no response", \
      "siptap messages {FILE} --where \"method = 'REGISTER' and to_uri like '%{EXAMPLE}%'\"") \
    X(RETRANSMISSION_STORM, "retransmission.storm", 2, true, "transactions retransmitted four times or more", \
      "siptap ladder {FILE} --call-id '{CALL_ID}'") \
    X(ONE_WAY_SIGNALLING, "capture.one_way_signalling", 2, false, "servers that were sent requests but never seen to answer", \
      "siptap messages {FILE} --where \"dst || ':' || dst_port = '{EXAMPLE}'\"") \
    X(CALL_TIMEOUT, "call.ring_timeout", 1, true, "calls that rang without an end for three minutes", \
      "siptap ladder {FILE} --call-id '{CALL_ID}'") \
    X(CALL_CLIENT_ERROR, "call.client_error", 2, true, "calls that failed with a 4xx other than busy, absent or cancelled", \
      "siptap calls {FILE} --where \"status between 400 and 499\"") \
    X(CALL_GLOBAL_ERROR, "call.global_error", 1, true, "calls declined everywhere (6xx)", \
      "siptap calls {FILE} --where \"status >= 600\"") \
    X(CALL_ZERO_LENGTH, "call.zero_length", 2, true, "answered calls that ended within a second", \
      "siptap calls {FILE} --where \"duration_s < 1\"") \
    X(CALL_UNAUTHORIZED, "call.unauthorized", 1, true, "calls challenged (401/407) and never tried again with credentials", \
      "siptap ladder {FILE} --call-id '{CALL_ID}'") \
    X(CALL_EXPIRED, "call.expired", 2, true, "answered calls that fell silent without a BYE", \
      "siptap ladder {FILE} --call-id '{CALL_ID}'") \
    X(MEDIA_LOSS, "media.loss", 2, true, "RTP streams that lost 3 % of their packets or more", \
      "siptap streams {FILE} --where \"lost_percent >= 3\"") \
    X(MEDIA_JITTER, "media.jitter", 2, true, "RTP streams with a mean jitter of 30 ms or more", \
      "siptap streams {FILE} --where \"jitter_ms >= 30\"") \
    X(SCANNER, "security.scanner", 2, false, "requests that name a scanning tool as their User-Agent", \
      "siptap messages {FILE} --where \"user_agent = '{EXAMPLE}'\"") \
    X(MALFORMED, "message.malformed", 2, true, "malformed messages", \
      "siptap messages {FILE} --where \"oddities is not null\" --columns ts,src,method,status,oddities") \
    X(SHORT_REFRESH, "registration.short_refresh", 1, false, "users that register again more often than once a minute", \
      "siptap registrations {FILE} --where \"refresh_interval_s < 60\"") \
    X(SERVER_ERROR, "transaction.server_error", 2, true, "other requests answered with a server error (5xx)", \
      "siptap messages {FILE} --where \"status between 500 and 599\"") \
    X(NO_RESPONSE, "transaction.no_response", 1, true, "other requests that got no response", \
      "siptap ladder {FILE} --call-id '{CALL_ID}'") \
    X(CAPTURE_ASYMMETRIC, "capture.asymmetric", 2, true, "responses whose request is not in the capture (more than 5 % of all)", \
      "siptap show {FILE} --call-id '{CALL_ID}'") \
    X(CAPTURE_GAP, "capture.stream_gap", 2, false, "holes in TCP streams: the capture lost packets there", \
      "siptap report {FILE} --json") \
    X(CAPTURE_DROP, "capture.dropped", 2, false, "packets that the capture itself dropped", "siptap report {FILE} --json") \
    X(CLOCK_JUMP, "capture.clock_jump", 1, false, "jumps of the capture's clock", "siptap report {FILE} --json") \
    X(CAPTURE_TRUNCATED, "capture.snaplen", 2, false, "packets that the capture's snap length cut short", \
      "siptap report {FILE} --json")

enum problem {
#define X(symbol, id, severity, by_call_id, text, command) PROBLEM_##symbol,
    PROBLEMS(X)
#undef X
    PROBLEM_COUNT
};

struct problem_info {
    const char *id, *text, *command;
    int severity;
    bool by_call_id;
};

/* The row of the table; id below PROBLEM_COUNT. */
const struct problem_info *problem_info(enum problem id);
