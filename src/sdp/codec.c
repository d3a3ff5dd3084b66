/* What a payload type means: the rtpmap, else the static assignments (RFC 3551 6). */
#include "sdp/priv.h"

static const struct {
    uint8_t pt;
    const char *encoding;
    uint32_t clock;
} static_types[] = {
    {0, "PCMU", 8000},   {1, "1016", 8000},   {2, "G721", 8000},   {3, "GSM", 8000},    {4, "G723", 8000},
    {5, "DVI4", 8000},   {6, "DVI4", 16000},  {7, "LPC", 8000},    {8, "PCMA", 8000},   {9, "G722", 8000},
    {10, "L16", 44100},  {11, "L16", 44100},  {12, "QCELP", 8000}, {13, "CN", 8000},    {14, "MPA", 90000},
    {15, "G728", 8000},  {16, "DVI4", 11025}, {17, "DVI4", 22050}, {18, "G729", 8000},  {19, "CN", 8000},
    {25, "CelB", 90000}, {26, "JPEG", 90000}, {28, "nv", 90000},   {31, "H261", 90000}, {32, "MPV", 90000},
    {33, "MP2T", 90000}, {34, "H263", 90000},
};

bool sdp_static_codec(unsigned pt, struct view *encoding, uint32_t *clock)
{
    for (size_t i = 0; i < sizeof static_types / sizeof static_types[0]; i++)
        if (static_types[i].pt == pt) {
            *encoding = view_str(static_types[i].encoding);
            *clock = static_types[i].clock;
            return true;
        }
    return false;
}

int sdp_payload_type(struct view format)
{
    uint64_t n;
    return view_u64(format, 127, &n) ? (int)n : -1;
}

static const struct sdp_format *find_format(const struct sdp *s, const struct sdp_media *m, unsigned pt)
{
    for (unsigned i = 0; m && i < m->format_count; i++)
        if (s->format[m->first_format + i].payload_type == pt)
            return &s->format[m->first_format + i];
    return NULL;
}

bool sdp_codec_of(const struct sdp *s, const struct sdp_media *m, unsigned pt, struct sdp_codec *out)
{
    uint64_t channels;
    const struct sdp_format *f = find_format(s, m, pt);
    memset(out, 0, sizeof *out);
    out->channels = 1;
    if (f)
        out->fmtp = f->fmtp;
    if (f && f->encoding.n) {
        out->encoding = f->encoding;
        out->clock = f->clock;
        out->from_rtpmap = true;
        if (view_ieq(m->type, V("audio")) && view_u64(f->parameters, 255, &channels) && channels > 0)
            out->channels = (uint32_t)channels;
        return true;
    }
    if (!sdp_static_codec(pt, &out->encoding, &out->clock)) {
        memset(out, 0, sizeof *out);
        return false;
    }
    if (pt == 10)
        out->channels = 2; /* L16 stereo */
    return true;
}

static bool is_helper(struct view encoding)
{
    static const char *const helpers[] = {"telephone-event", "tone", "CN", "red", "rtx", "ulpfec", "flexfec-03", "parityfec"};
    for (size_t i = 0; i < sizeof helpers / sizeof helpers[0]; i++)
        if (view_ieq(encoding, view_str(helpers[i])))
            return true;
    return false;
}

int sdp_first_codec(const struct sdp *s, const struct sdp_media *m, struct sdp_codec *out)
{
    struct view rest = m->formats, format;
    /* No more payload types than there are numbers: a hostile list of thousands stays linear. */
    for (int tries = 0; tries < 128 && sdp_format_next(&rest, &format); tries++) {
        int pt = sdp_payload_type(format);
        if (pt >= 0 && sdp_codec_of(s, m, (unsigned)pt, out) && !is_helper(out->encoding))
            return pt;
    }
    memset(out, 0, sizeof *out);
    return -1;
}
