#include "base/clock.h"

#include <math.h>
#include <stdio.h>

/* Days since 1970-01-01 to a civil date of the proleptic Gregorian calendar, by 400-year eras. */
static void civil(int64_t days, int *year, unsigned *month, unsigned *day)
{
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int)(yoe + era * 400) + (*month <= 2);
}

size_t ts_print(int64_t ts_ns, unsigned digits, char *out)
{
    if (ts_ns == TS_NONE) {
        out[0] = 0;
        return 0;
    }
    int64_t sec = ts_ns / NS_PER_S, frac = ts_ns % NS_PER_S;
    if (frac < 0) {
        frac += NS_PER_S;
        sec--;
    }
    int64_t days = sec / 86400, rest = sec % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int year;
    unsigned month, day;
    civil(days, &year, &month, &day);
    unsigned s = (unsigned)rest;
    int n = snprintf(out, TS_TEXT, "%04d-%02u-%02uT%02u:%02u:%02u", year, month, day, s / 3600, s / 60 % 60, s % 60);
    if (digits > 9)
        digits = 9;
    if (digits) {
        for (unsigned i = digits; i < 9; i++)
            frac /= 10;
        n += snprintf(out + n, (size_t)(TS_TEXT - n), ".%0*lld", (int)digits, (long long)frac);
    }
    out[n++] = 'Z';
    out[n] = 0;
    return (size_t)n;
}

double ts_seconds_between(int64_t from_ns, int64_t to_ns)
{
    if (from_ns == TS_NONE || to_ns == TS_NONE)
        return NAN;
    return (double)(to_ns - from_ns) / 1e9;
}
