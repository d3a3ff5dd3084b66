/* Binds RTP streams to the calls whose SDP announced them. Streams and calls are followed by different workers, so each
 * worker leaves events behind, and between two rounds one thread carries them here. */
#pragma once
#include "base/addr.h"
#include "base/hash.h"
#include "base/view.h"

struct tracker;

enum media_event_kind {
    MEDIA_ANNOUNCED, /* a call's SDP names an address for RTP */
    MEDIA_STREAM,    /* a new stream was confirmed */
    MEDIA_CALL_END,  /* a call left its table */
};

enum { MEDIA_CODECS = 6 };

struct media_event {
    enum media_event_kind kind;
    int64_t ts;           /* when it happened: events are taken in this order */
    uint32_t stream, uid; /* of MEDIA_STREAM */
    uint64_t call_key;    /* names the call among all workers */
    struct view call_id;  /* kept by the tracker until tracker_events_clear */
    struct endpoint at, src; /* ANNOUNCED: the address; STREAM*: destination and source */
    uint8_t payload_type, ncodec, answered;
    struct {
        uint8_t payload_type;
        uint32_t clock;
        char name[16];
    } codec[MEDIA_CODECS];
};

struct media;

/* At most `calls` calls with media are remembered at a time; the oldest leave first. NULL when there is no memory. */
struct media *media_new(const struct hash_seed *seed, uint32_t calls);
void media_free(struct media *m);

/* Makes the codecs of all addresses known that the trackers have announced but media_exchange has not yet carried over. */
void media_prepare(struct media *m, struct tracker *const *tracker, unsigned n);

/* Carries the events of all n trackers over in the order of their times and clears them. Calls that ended are remembered
 * for two minutes more, for streams that are still to be told. */
void media_exchange(struct media *m, struct tracker *const *tracker, unsigned n);

/* Binds a stream to the call that announced its destination, or its source (symmetric RTP), if there is one. */
void media_bind(struct media *m, struct tracker *t, const struct endpoint *dst, const struct endpoint *src, uint8_t payload_type,
                uint32_t stream, uint32_t uid);

/* RTP clock rate that the SDP gave payload_type at this address; 0 when it is not known or no regular media. Only looks: any
 * number of threads may ask at once while nobody writes. */
uint32_t media_clock(const struct media *m, const struct endpoint *dst, const struct endpoint *src, uint8_t payload_type);

/* The end: all calls are judged. */
void media_finish(struct media *m);

/* Answered calls that ended with media in one direction only, so far; up to 5 Call-IDs of them. */
struct media_result {
    uint64_t one_way, evicted;
    struct view example[5];
    uint32_t nexample;
};

const struct media_result *media_result(const struct media *m);
