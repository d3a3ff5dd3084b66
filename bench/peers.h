/* Other SIP parsers, each in a file of its own because their headers do not like each other. Each answers whether the
 * message was accepted, and frees what it made. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

bool peer_sofia(const char *p, size_t n);
bool peer_osip(const char *p, size_t n);
bool peer_re(const char *p, size_t n);
