/* The formulas of ITU-T G.107 clause 7, in its own symbols. */
#include "rtp/emodel.h"

#include <math.h>

/* Source: G.113 appendix I, the provisional planning values of Ie, and of Bpl under random loss where it gives one. */
static const struct emodel_codec codecs[] = {
    {"PCMU", 0, 25.1, "G.113: G.711 with the concealment of its appendix I"},
    {"PCMA", 0, 25.1, "G.113: G.711 with the concealment of its appendix I"},
    {"G729", 11, 19.0, "G.113: G.729A with VAD"},
    {"G723", 15, 16.1, "G.113: G.723.1 with VAD at 6.3 kbit/s"},
    {"GSM-EFR", 5, 10.0, "G.113"},
    {"AMR", 5, 10.0, "G.113: GSM-EFR, which is the 12.2 kbit/s mode"},
    {"GSM", 20, NAN, "G.113: GSM 06.10"},
    {"GSM-HR-08", 23, NAN, "G.113: GSM 06.20"},
    {"G726-40", 2, NAN, "G.113"},
    {"G726-32", 7, NAN, "G.113"},
    {"G726-24", 25, NAN, "G.113"},
    {"G726-16", 50, NAN, "G.113"},
    {"G721", 7, NAN, "G.113"},
    {"G728", 7, NAN, "G.113: 16 kbit/s"},
};

const struct emodel_codec *emodel_codec(struct view encoding)
{
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
        if (view_ieq(encoding, view_str(codecs[i].name)))
            return &codecs[i];
    return NULL;
}

/* The default values of G.107, by its symbols. */
static const double SLR = 8, RLR = 2, STMR = 15, LSTR = 18, DS = 3, TELR = 65, WEPL = 110, NC = -70, NFOR = -64, PS = 35,
                    PR = 35, QDU = 1, IE_MAX = 95;

/* Sum of powers given in dB. */
static double db_sum(double a, double b, double c, double d)
{
    return 10 * log10(pow(10, a / 10) + pow(10, b / 10) + pow(10, c / 10) + pow(10, d / 10));
}

/* (1 + x^n)^(1/n), for large x without overflow of any account: x stays below 100 here. */
static double root(double x, double n)
{
    return pow(1 + pow(x, n), 1 / n);
}

/* Noise of circuit and rooms, in dBm0p (7.2). */
static double noise(void)
{
    double olr = SLR + RLR, pre = PR + 10 * log10(1 + pow(10, (10 - LSTR) / 10));
    double nos = PS - SLR - DS - 100 + 0.004 * pow(PS - olr - DS - 14, 2);
    double nor = RLR - 121 + pre + 0.008 * pow(pre - 35, 2);
    return db_sum(NC, nos, nor, NFOR + RLR);
}

/* Impairments that come with the voice: level, sidetone, quantizing (7.3); t: mean one-way delay of the echo path. */
static double simultaneous(double no, double ro, double t)
{
    double xolr = SLR + RLR + 0.2 * (64 + no - RLR);
    double iolr = 20 * (root(xolr / 8, 8) - xolr / 8);
    double stmro = -10 * log10(pow(10, -STMR / 10) + exp(-t / 4) * pow(10, -TELR / 10));
    double ist = 12 * root((stmro - 13) / 6, 8) - 28 * root((stmro + 1) / 19.4, 35) - 13 * root((stmro - 3) / 33, 13) + 29;
    double q = 37 - 15 * log10(QDU), g = 1.07 + 0.258 * q + 0.0602 * q * q;
    double iq = 15 * log10(1 + pow(10, (ro - 100) / 15 + 46 / 8.4 - g / 9) + pow(10, 46.0 / 30 - g / 40));
    return iolr + ist + iq;
}

/* Impairments of delay: talker echo, listener echo, and the delay itself (7.4). */
static double delayed(double no, double ro, double t)
{
    double terv = TELR - 40 * log10((1 + t / 10) / (1 + t / 150)) + 6 * exp(-0.3 * t * t);
    double half = (-1.5 * (no - RLR) - (80 + 2.5 * (terv - 14))) / 2;
    double idte = (half + sqrt(half * half + 100) - 1) * (1 - exp(-t));
    half = (ro - 10.5 * (WEPL + 7) * pow(2 * t + 1, -0.25)) / 2;
    double idle = half + sqrt(half * half + 169);
    if (t <= 100)
        return idte + idle;
    double x = log10(t / 100) / log10(2);
    return idte + idle + 25 * (root(x, 6) - 3 * root(x / 3, 6) + 2);
}

double emodel_r_factor(struct view encoding, double loss_percent, double burst_ratio, double delay_ms)
{
    const struct emodel_codec *codec = emodel_codec(encoding);
    if (!codec || isnan(loss_percent) || isnan(burst_ratio) || isnan(delay_ms))
        return NAN;
    double loss = fmin(fmax(loss_percent, 0), 100), burst = fmax(burst_ratio, 1), t = fmin(fmax(delay_ms, 0), 1e6);
    double no = noise(), ro = 15 - 1.5 * (SLR + no), ie_eff = codec->ie;
    if (loss > 0)
        ie_eff += (IE_MAX - codec->ie) * loss / (loss / burst + codec->bpl); /* 7.5; NaN when bpl is */
    return ro - simultaneous(no, ro, t) - delayed(no, ro, t) - ie_eff;
}

double emodel_mos(double r)
{
    if (isnan(r))
        return NAN;
    if (r >= 100)
        return 4.5;
    /* Between 0 and 6.5 the cubic dips below the worst opinion there is. */
    return r <= 0 ? 1 : fmax(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}
