/* Dates and times of literals. The calendar is the proleptic Gregorian one, as the engine's. */
#include "worker/calendar.h"

typedef struct reader {
    const char *at, *end;
} reader;

/* Between `least` and `most` digits. */
static bool take_digits(reader *in, int least, int most, int64_t *ret)
{
    int n = 0;

    for (*ret = 0; n < most && in->at < in->end && *in->at >= '0' && *in->at <= '9'; n++)
        *ret = *ret * 10 + (*in->at++ - '0');
    return n >= least;
}

static bool take(reader *in, char c)
{
    if (in->at == in->end || *in->at != c)
        return false;
    ++in->at;
    return true;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first of March of the year's era, then to the day (H. Hinnant's algorithm, years >=
 * 0). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool take_date(reader *in, int64_t *ret_days)
{
    static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;

    if (!take_digits(in, 4, 6, &year) || !take(in, '-') || !take_digits(in, 1, 2, &month) || !take(in, '-') ||
        !take_digits(in, 1, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (month == 2 && is_leap(year)))
        return false;
    *ret_days = days_of(year, month, day);
    return true;
}

static bool take_time(reader *in, int64_t *ret_ns)
{
    int64_t hour, minute, second = 0, fraction = 0;

    if (!take_digits(in, 1, 2, &hour) || !take(in, ':') || !take_digits(in, 2, 2, &minute))
        return false;
    if (take(in, ':') && !take_digits(in, 2, 2, &second))
        return false;
    if (take(in, '.')) {
        const char *start = in->at;
        if (!take_digits(in, 1, 9, &fraction))
            return false;
        for (int64_t n = in->at - start; n < 9; n++)
            fraction *= 10;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_ns = ((hour * 60 + minute) * 60 + second) * 1000000000 + fraction;
    return true;
}

bool vg_calendar_parse(const vgi_field *type, vgi_string text, int64_t *ret)
{
    static const int64_t per_second[] = {1, 1000, 1000000, 1000000000};
    reader in = {text.data, text.data + text.size};
    bool timestamp = type->type == VGI_TYPE_TIMESTAMP, date32 = type->type == VGI_TYPE_DATE32;
    bool date = date32 || type->type == VGI_TYPE_DATE64 || timestamp;
    bool time = type->type == VGI_TYPE_TIME32 || type->type == VGI_TYPE_TIME64;
    int64_t days = 0, ns = 0, unit_ns = 1000000000 / per_second[type->unit & 3], seconds;

    if (!date && !time)
        return false;
    if (date && !take_date(&in, &days))
        return false;
    if (time && !take_time(&in, &ns))
        return false;
    if (timestamp && (take(&in, ' ') || take(&in, 'T')) && !take_time(&in, &ns))
        return false;
    if (in.at != in.end || ns % unit_ns != 0)
        return false;
    if (date && !timestamp) {
        *ret = date32 ? days : days * 86400000;
        return true;
    }
    seconds = days * 86400;
    return !__builtin_mul_overflow(seconds, per_second[type->unit & 3], ret) &&
           !__builtin_add_overflow(*ret, ns / unit_ns, ret);
}
