/* The one field table of every record. */
#include "record/records.h"

#define F(S, m, T, U, P, D, text) {#m, U, text, offsetof(struct S, m), T, P, D}
#define TABLE(S, var, plural, row) \
    const struct record_type var = {plural, row, S##_fields, sizeof S##_fields / sizeof *S##_fields, sizeof(struct S)}

static const struct field record_message_fields[] = {
#define M(m, T, U, P, text) F(record_message, m, T, U, P, 0, text)
    M(ts, FIELD_TS, "", PRIVACY_NONE, "time of the packet the message ends in"),
    M(src, FIELD_IP, "", PRIVACY_ADDRESS, "source address"),
    M(src_port, FIELD_COUNT, "", PRIVACY_ADDRESS, "source port"),
    M(dst, FIELD_IP, "", PRIVACY_ADDRESS, "destination address"),
    M(dst_port, FIELD_COUNT, "", PRIVACY_ADDRESS, "destination port"),
    M(transport, FIELD_TEXT, "", PRIVACY_NONE, "udp, tcp, ws, sctp or tls"),
    M(kind, FIELD_TEXT, "", PRIVACY_NONE, "request or response"),
    M(method, FIELD_TEXT, "", PRIVACY_NONE, "method of the request line; of a response, that of its CSeq"),
    M(status, FIELD_INT, "", PRIVACY_NONE, "status of a response"),
    M(reason, FIELD_TEXT, "", PRIVACY_NONE, "reason phrase of a response"),
    M(request_uri, FIELD_TEXT, "", PRIVACY_PERSON, "Request-URI of a request"),
    M(call_id, FIELD_TEXT, "", PRIVACY_ID, "Call-ID"),
    M(from_uri, FIELD_TEXT, "", PRIVACY_PERSON, "URI of From"),
    M(from_tag, FIELD_TEXT, "", PRIVACY_ID, "tag of From"),
    M(to_uri, FIELD_TEXT, "", PRIVACY_PERSON, "URI of To"),
    M(to_tag, FIELD_TEXT, "", PRIVACY_ID, "tag of To"),
    M(cseq, FIELD_TEXT, "", PRIVACY_NONE, "CSeq, number and method"),
    M(branch, FIELD_TEXT, "", PRIVACY_ID, "branch of the top Via"),
    M(user_agent, FIELD_TEXT, "", PRIVACY_DEVICE, "User-Agent, else Server"),
    M(contact, FIELD_TEXT, "", PRIVACY_PERSON, "first Contact"),
    M(content_type, FIELD_TEXT, "", PRIVACY_NONE, "Content-Type"),
    M(size, FIELD_COUNT, "B", PRIVACY_NONE, "length of the message"),
    M(retransmission, FIELD_BOOL, "", PRIVACY_NONE, "the same message of the same transaction was seen before on this hop"),
    M(oddities, FIELD_LIST, "", PRIVACY_NONE, "names of what is wrong with the message"),
    M(packet, FIELD_COUNT, "", PRIVACY_NONE, "number of the packet the message ends in"),
};
TABLE(record_message, record_message_type, "messages", "one SIP message");

static const struct field record_call_fields[] = {
#define C(m, T, U, P, D, text) F(record_call, m, T, U, P, D, text)
    C(call_id, FIELD_TEXT, "", PRIVACY_ID, 0, "Call-ID"),
    C(from_uri, FIELD_TEXT, "", PRIVACY_PERSON, 0, "URI of the caller's From"),
    C(to_uri, FIELD_TEXT, "", PRIVACY_PERSON, 0, "URI of the caller's To"),
    C(from_tag, FIELD_TEXT, "", PRIVACY_ID, 0, "tag of From"),
    C(state, FIELD_TEXT, "", PRIVACY_NONE, 0,
      "ringing, answered, completed, cancelled, redirected, rejected, failed, unanswered, ongoing, expired or unknown"),
    C(status, FIELD_INT, "", PRIVACY_NONE, 0, "final status of the INVITE, else the last provisional one"),
    C(reason, FIELD_TEXT, "", PRIVACY_NONE, 0, "reason phrase that came with it"),
    C(start_ts, FIELD_TS, "", PRIVACY_NONE, 0, "first INVITE"),
    C(ring_ts, FIELD_TS, "", PRIVACY_NONE, 0, "first response from 180 to 199"),
    C(answer_ts, FIELD_TS, "", PRIVACY_NONE, 0, "first 2xx to the INVITE"),
    C(end_ts, FIELD_TS, "", PRIVACY_NONE, 0, "BYE, or the final failure response"),
    C(duration_s, FIELD_REAL, "s", PRIVACY_NONE, 3, "from answer_ts to end_ts of an answered call"),
    C(pdd_ms, FIELD_REAL, "ms", PRIVACY_NONE, 3, "post-dial delay: INVITE to the first response from 180 on"),
    C(setup_ms, FIELD_REAL, "ms", PRIVACY_NONE, 3, "INVITE to the first 2xx"),
    C(ended_by, FIELD_TEXT, "", PRIVACY_NONE, 0, "who sent the BYE or CANCEL: caller or callee"),
    C(src, FIELD_ENDPOINT, "", PRIVACY_ADDRESS, 0, "source of the first INVITE"),
    C(dst, FIELD_ENDPOINT, "", PRIVACY_ADDRESS, 0, "destination of the first INVITE"),
    C(legs, FIELD_COUNT, "", PRIVACY_NONE, 0, "hops the INVITE was seen on"),
    C(forks, FIELD_COUNT, "", PRIVACY_NONE, 0, "distinct To tags that answered"),
    C(messages, FIELD_COUNT, "", PRIVACY_NONE, 0, "messages of the call"),
    C(retransmissions, FIELD_COUNT, "", PRIVACY_NONE, 0, "messages of the call that were retransmissions"),
    C(codecs, FIELD_LIST, "", PRIVACY_NONE, 0, "codecs of the answer, else of the offer"),
    C(mos, FIELD_REAL, "", PRIVACY_NONE, 2, "lowest MOS of the call's streams (ITU-T G.107)"),
    C(user_agent, FIELD_TEXT, "", PRIVACY_DEVICE, 0, "User-Agent of the caller"),
    C(correlated_call_ids, FIELD_LIST, "", PRIVACY_ID, 0, "Call-IDs of other legs of the same conversation"),
};
TABLE(record_call, record_call_type, "calls", "one call: Call-ID and From tag, all hops and forks");

static const struct field record_registration_fields[] = {
#define R(m, T, U, P, D, text) F(record_registration, m, T, U, P, D, text)
    R(aor, FIELD_TEXT, "", PRIVACY_PERSON, 0, "address of record"),
    R(contact, FIELD_TEXT, "", PRIVACY_PERSON, 0, "contact URI"),
    R(registrar, FIELD_ENDPOINT, "", PRIVACY_ADDRESS, 0, "where the REGISTER was sent"),
    R(src, FIELD_ENDPOINT, "", PRIVACY_ADDRESS, 0, "where it came from"),
    R(user_agent, FIELD_TEXT, "", PRIVACY_DEVICE, 0, "User-Agent of the REGISTER"),
    R(expires_s, FIELD_REAL, "s", PRIVACY_NONE, 0, "lifetime that the registrar granted last"),
    R(first_ts, FIELD_TS, "", PRIVACY_NONE, 0, "first REGISTER"),
    R(last_ts, FIELD_TS, "", PRIVACY_NONE, 0, "last REGISTER"),
    R(registrations, FIELD_COUNT, "", PRIVACY_NONE, 0, "successful registrations and refreshes"),
    R(refresh_interval_s, FIELD_REAL, "s", PRIVACY_NONE, 3, "median time between successful registrations"),
    R(state, FIELD_TEXT, "", PRIVACY_NONE, 0, "active, expired, removed, failed, challenged or unanswered"),
    R(failures, FIELD_COUNT, "", PRIVACY_NONE, 0, "attempts that failed or were never answered"),
    R(last_status, FIELD_INT, "", PRIVACY_NONE, 0, "status of the last final response"),
    R(call_id, FIELD_TEXT, "", PRIVACY_ID, 0, "Call-ID of the last REGISTER"),
};
TABLE(record_registration, record_registration_type, "registrations", "one binding: AoR, contact and registrar");

static const struct field record_stream_fields[] = {
#define S(m, T, U, P, D, text) F(record_stream, m, T, U, P, D, text)
    S(ssrc, FIELD_COUNT, "", PRIVACY_ID, 0, "synchronisation source"),
    S(src, FIELD_IP, "", PRIVACY_ADDRESS, 0, "source address"),
    S(src_port, FIELD_COUNT, "", PRIVACY_ADDRESS, 0, "source port"),
    S(dst, FIELD_IP, "", PRIVACY_ADDRESS, 0, "destination address"),
    S(dst_port, FIELD_COUNT, "", PRIVACY_ADDRESS, 0, "destination port"),
    S(call_id, FIELD_TEXT, "", PRIVACY_ID, 0, "Call-ID of the call whose SDP announced the stream"),
    S(codec, FIELD_TEXT, "", PRIVACY_NONE, 0, "encoding name of the payload type"),
    S(packets, FIELD_COUNT, "", PRIVACY_NONE, 0, "packets seen"),
    S(lost, FIELD_INT, "", PRIVACY_NONE, 0, "packets expected less packets seen (RFC 3550 A.3)"),
    S(lost_percent, FIELD_REAL, "%", PRIVACY_NONE, 2, "lost of expected"),
    S(jitter_ms, FIELD_REAL, "ms", PRIVACY_NONE, 3, "mean interarrival jitter (RFC 3550 6.4.1)"),
    S(jitter_max_ms, FIELD_REAL, "ms", PRIVACY_NONE, 3, "highest interarrival jitter"),
    S(gaps, FIELD_COUNT, "", PRIVACY_NONE, 0, "holes in the sequence numbers"),
    S(duplicates, FIELD_COUNT, "", PRIVACY_NONE, 0, "packets seen twice"),
    S(reordered, FIELD_COUNT, "", PRIVACY_NONE, 0, "packets that came after a later one"),
    S(max_delta_ms, FIELD_REAL, "ms", PRIVACY_NONE, 3, "longest time between two packets"),
    S(mos, FIELD_REAL, "", PRIVACY_NONE, 2, "estimated listening quality (ITU-T G.107), loss only"),
    S(r_factor, FIELD_REAL, "", PRIVACY_NONE, 1, "transmission rating (ITU-T G.107), loss only"),
    S(start_ts, FIELD_TS, "", PRIVACY_NONE, 0, "first packet"),
    S(duration_s, FIELD_REAL, "s", PRIVACY_NONE, 3, "first to last packet"),
};
TABLE(record_stream, record_stream_type, "streams", "one RTP stream: SSRC and 5-tuple");

static const struct field record_user_fields[] = {
#define U(m, T, P, text) F(record_user, m, T, "", P, 0, text)
    U(user, FIELD_TEXT, PRIVACY_PERSON, "address of record, user@host"),
    U(calls_made, FIELD_COUNT, PRIVACY_NONE, "calls whose caller it is"),
    U(calls_received, FIELD_COUNT, PRIVACY_NONE, "calls whose callee it is"),
    U(callees, FIELD_COUNT, PRIVACY_NONE, "different users it called"),
    U(callers, FIELD_COUNT, PRIVACY_NONE, "different users that called it"),
    U(registrations, FIELD_COUNT, PRIVACY_NONE, "successful registrations and refreshes"),
    U(messages, FIELD_COUNT, PRIVACY_NONE, "requests in which it is From, retransmissions apart"),
    U(sources, FIELD_LIST, PRIVACY_ADDRESS, "addresses its requests came from (the first few)"),
    U(user_agents, FIELD_LIST, PRIVACY_DEVICE, "User-Agents of its requests (the first few)"),
};
TABLE(record_user, record_user_type, "users", "one address of record");

static const struct field record_server_fields[] = {
#define E(m, T, P, text) F(record_server, m, T, "", P, 0, text)
    E(ip, FIELD_IP, PRIVACY_ADDRESS, "address"),
    E(port, FIELD_COUNT, PRIVACY_ADDRESS, "port"),
    E(roles, FIELD_LIST, PRIVACY_NONE, "registrar, proxy, gateway, redirect, presence, b2bua, edge, uas"),
    E(requests_in, FIELD_COUNT, PRIVACY_NONE, "requests received"),
    E(requests_out, FIELD_COUNT, PRIVACY_NONE, "requests sent"),
    E(responses_in, FIELD_COUNT, PRIVACY_NONE, "responses received"),
    E(responses_out, FIELD_COUNT, PRIVACY_NONE, "responses sent"),
    E(users, FIELD_COUNT, PRIVACY_NONE, "different users in its requests"),
};
TABLE(record_server, record_server_type, "servers", "one server address");

const struct record_type *const record_types[] = {&record_message_type, &record_call_type, &record_registration_type, &record_stream_type,
                                                  &record_user_type, &record_server_type, NULL};

const struct field *record_field(const struct record_type *t, struct view name)
{
    for (uint16_t i = 0; i < t->nfield; i++)
        if (view_eq(view_str(t->field[i].name), name))
            return &t->field[i];
    return NULL;
}
