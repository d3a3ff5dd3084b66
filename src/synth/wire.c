#include "synth/wire.h"

#include "synth/tcp.h"

static void count(struct sim *s, const struct party *from, const struct wire_note *note, bool tcp)
{
    struct synth_truth *t = s->truth;
    t->messages++;
    if (note->status) {
        t->responses++;
        t->by_status[note->status < 700 ? note->status : 0]++;
    } else {
        t->requests++;
        t->by_method[note->method]++;
    }
    t->retransmissions += note->repeated;
    t->malformed += note->malformed;
    t->credentials += note->credentials;
    t->challenges += note->challenge;
    if (tcp)
        t->tcp++;
    else
        t->udp++;
    if (ip_is_v4(&from->addr.ip))
        t->ip4++;
    else
        t->ip6++;
}

static struct conn *conn_between(const struct party *from, const struct party *to)
{
    return from->conn ? from->conn : to->conn;
}

static void send_bytes(struct sim *s, struct party *from, struct party *to, const void *p, size_t n)
{
    struct conn *c = conn_between(from, to);
    if (c)
        conn_send(s, c, from->conn == c ? CONN_UP : CONN_DOWN, p, n);
    else
        sim_emit_udp(s, &from->addr, &to->addr, p, n);
}

void wire_send(struct sim *s, struct party *from, struct party *to, const struct wire_note *note)
{
    if (s->stopped)
        return;
    if (s->text.failed) {
        s->failed = s->stopped = true;
        return;
    }
    count(s, from, note, conn_between(from, to) != NULL);
    send_bytes(s, from, to, s->text.p, s->text.n);
    if (s->max_messages && s->truth->messages >= s->max_messages)
        s->stopped = true;
}

void wire_send_crlf(struct sim *s, struct party *from, struct party *to)
{
    if (s->stopped)
        return;
    s->truth->crlf++;
    if (!conn_between(from, to)) {
        send_bytes(s, from, to, "\r\n\r\n", 4);
        return;
    }
    s->truth->crlf++; /* the answer */
    send_bytes(s, from, to, "\r\n\r\n", 4);
    send_bytes(s, to, from, "\r\n", 2);
}
