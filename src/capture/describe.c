#include <string.h>

#include "capture/priv.h"

static const struct {
    const char *magic;
    size_t n;
    const char *what;
} known[] = {
    {"GMBU", 4, "unsupported format: Microsoft Network Monitor 2 capture"},
    {"RTSS", 4, "unsupported format: Microsoft Network Monitor 1 capture"},
    {"snoop\0\0\0", 8, "unsupported format: snoop capture"},
    {"btsnoop\0", 8, "unsupported format: Bluetooth snoop capture"},
    {"TRSNIFF data", 12, "unsupported format: Sniffer capture"},
    {"XCP\0", 4, "unsupported format: Sniffer for Windows or NetXRay capture"},
    {"\x7fver", 4, "unsupported format: OmniPeek capture"},
    {"iptrace ", 8, "unsupported format: iptrace capture"},
    {"\xac\x01\x00\x1c", 4, "unsupported format: IXIA hardware capture"},
    {"\xab\x01\x00\x1c", 4, "unsupported format: IXIA software capture"},
    {"\x1f\x8b", 2, "unsupported format: gzip with an unknown method"},
    {"\xfd\x37zXZ\0", 6, "unsupported format: compressed with xz (unpack it first, or use gzip or zstd)"},
    {"BZh", 3, "unsupported format: compressed with bzip2 (unpack it first, or use gzip or zstd)"},
    {"\x04\x22\x4d\x18", 4, "unsupported format: compressed with lz4 (unpack it first, or use gzip or zstd)"},
    {"PK\x03\x04", 4, "unsupported format: zip archive (unpack it first)"},
    {"7z\xbc\xaf\x27\x1c", 6, "unsupported format: 7z archive (unpack it first)"},
    {"SQLite format 3", 15, "unsupported format: SQLite database"},
    {"\x7f\x45LF", 4, "not a capture: program file"},
    {"%PDF", 4, "not a capture: PDF document"},
    {"HEP3", 4, "unsupported format: HEP3 packets without a capture around them"},
};

static bool is_text(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((p[i] < 0x20 && p[i] != '\t' && p[i] != '\n' && p[i] != '\r') || p[i] == 0x7f)
            return false;
    return true;
}

/* Headers that are right in their first bytes and then are not there, or contradict themselves. */
static const char *broken_header(const uint8_t *p, size_t n)
{
    static const uint8_t magic[][4] = {{0xa1, 0xb2, 0xc3, 0xd4}, {0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d},
                                       {0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0xcd, 0x34}, {0x34, 0xcd, 0xb2, 0xa1}};
    for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++)
        if (n >= 4 && memcmp(p, magic[i], 4) == 0)
            return "pcap file that is cut short inside its header";
    if (n >= 4 && memcmp(p, "\x0a\x0d\x0d\x0a", 4) == 0)
        return n < HEAD_MIN ? "pcapng file that is cut short inside its header"
                            : "damaged pcapng file: its section header has no byte-order mark";
    return NULL;
}

const char *describe_bytes(const uint8_t *p, size_t n)
{
    const char *broken = broken_header(p, n);
    if (n == 0)
        return "empty file";
    if (broken)
        return broken;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (n >= known[i].n && memcmp(p, known[i].magic, known[i].n) == 0)
            return known[i].what;
    return is_text(p, n) ? "not a capture: text" : "not a capture: neither pcap nor pcapng";
}
