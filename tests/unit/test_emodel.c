/* The E-model against the values that G.107 and G.113 give. */
#include "unit.h"

#include <math.h>

#include "rtp/emodel.h"

static double r_of(const char *codec, double loss, double delay)
{
    return emodel_r_factor(view_str(codec), loss, 1, delay);
}

static void a_default_connection_has_r_93_2(void **state)
{
    double r = r_of("PCMU", 0, 0);
    assert_true(fabs(r - 93.2) < 0.05);
    assert_true(fabs(emodel_mos(r) - 4.41) < 0.005);
    assert_true(r_of("pcma", 0, 0) == r);
}

static void a_codec_takes_its_impairment_off(void **state)
{
    double r = r_of("PCMU", 0, 0);
    assert_true(fabs(r - r_of("G729", 0, 0) - 11) < 1e-9);
    assert_true(fabs(r - r_of("G723", 0, 0) - 15) < 1e-9);
    assert_true(fabs(r - r_of("GSM", 0, 0) - 20) < 1e-9);
}

static void loss_takes_off_what_the_effective_impairment_says(void **state)
{
    double r = r_of("G729", 0, 0);
    assert_true(fabs(r - r_of("G729", 5, 0) - (95 - 11) * 5 / (5 + 19.0)) < 1e-9);
    double bursty = emodel_r_factor(V("G729"), 5, 2, 0);
    assert_true(fabs(r - bursty - (95 - 11) * 5 / (2.5 + 19.0)) < 1e-9);
    assert_true(emodel_r_factor(V("G729"), 5, 0.5, 0) == r_of("G729", 5, 0));
}

static void delay_hurts_beyond_a_tenth_of_a_second(void **state)
{
    double before = r_of("PCMU", 0, 0);
    for (int ms = 10; ms <= 2000; ms += 10) {
        double r = r_of("PCMU", 0, ms);
        assert_true(r < before);
        before = r;
    }
    assert_true(fabs(r_of("PCMU", 0, 100) - 90.7) < 0.1);
    assert_true(r_of("PCMU", 0, 400) < 65 && r_of("PCMU", 0, 400) > 60);
}

static void mos_stays_between_1_and_4_5(void **state)
{
    static const struct {
        double r, mos;
    } rows[] = {{-10, 1}, {0, 1}, {50, 2.575}, {60, 3.1}, {70, 3.597}, {80, 4.024}, {90, 4.339}, {100, 4.5}, {130, 4.5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(fabs(emodel_mos(rows[i].r) - rows[i].mos) < 1e-9);
    for (double r = -5, last = 1; r < 110; r += 0.25) {
        double mos = emodel_mos(r);
        assert_true(mos >= last && mos <= 4.5);
        last = mos;
    }
}

static void what_is_not_known_is_not_a_number(void **state)
{
    assert_true(isnan(r_of("opus", 0, 0)));
    assert_true(isnan(r_of("", 0, 0)));
    assert_true(isnan(r_of("PCMU", NAN, 0)));
    assert_true(isnan(r_of("PCMU", 0, NAN)));
    assert_true(isnan(r_of("GSM", 1, 0))); /* robustness not published */
    assert_false(isnan(r_of("GSM", 0, 0)));
    assert_true(isnan(emodel_mos(NAN)));
    assert_null(emodel_codec(V("G722")));
    assert_non_null(emodel_codec(V("g729")));
}

static void wild_arguments_are_bounded(void **state)
{
    assert_true(r_of("PCMU", 1000, 0) == r_of("PCMU", 100, 0));
    assert_true(r_of("PCMU", -5, -5) == r_of("PCMU", 0, 0));
    assert_true(isfinite(r_of("PCMU", 100, INFINITY)));
    assert_true(isfinite(emodel_r_factor(V("PCMU"), 100, INFINITY, 1e300)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_default_connection_has_r_93_2),
        cmocka_unit_test(a_codec_takes_its_impairment_off),
        cmocka_unit_test(loss_takes_off_what_the_effective_impairment_says),
        cmocka_unit_test(delay_hurts_beyond_a_tenth_of_a_second),
        cmocka_unit_test(mos_stays_between_1_and_4_5),
        cmocka_unit_test(what_is_not_known_is_not_a_number),
        cmocka_unit_test(wild_arguments_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
