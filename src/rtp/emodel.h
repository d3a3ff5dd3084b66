/* The E-model (ITU-T G.107): transmission rating R of a call from codec, loss and delay, and the MOS it stands for. All
 * parameters not named here have the default values of G.107. Narrow-band speech only. */
#pragma once
#include "base/view.h"

/* How a codec stands up to loss (ITU-T G.113 appendix I). */
struct emodel_codec {
    const char *name; /* encoding name of the rtpmap, upper case */
    double ie;        /* equipment impairment factor without loss */
    double bpl;       /* packet-loss robustness factor; NaN: not published, R is then NaN once packets are lost */
    const char *source;
};

/* The table row of an encoding name (any case); NULL when G.113 gives none. */
const struct emodel_codec *emodel_codec(struct view encoding);

/* R of a connection: codec by encoding name, loss in percent (0..100), burst ratio (1: random loss; below 1 counts as 1),
 * one-way delay from mouth to ear in ms. 93.2 for G.711 with no loss and no delay; may be below 0. NaN for an unknown codec,
 * for NaN arguments, and for loss with a codec whose robustness is not published. */
double emodel_r_factor(struct view encoding, double loss_percent, double burst_ratio, double delay_ms);

/* The estimated mean opinion score of R (G.107 annex B): 1..4.5; NaN for NaN. */
double emodel_mos(double r);
