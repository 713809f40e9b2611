/* Values of SQLite that the engine holds in another form: dates and times, which SQLite writes as text, seconds or
 * Julian days (https://sqlite.org/lang_datefunc.html §2), and reals as text. Nothing is rounded: what does not fit is
 * refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sq.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

/* The years 0000 to 9999, in seconds since 1970: what SQLite's own functions take. */
#define FIRST_SECOND (-INT64_C(62167219200))
#define LAST_SECOND INT64_C(253402300799)

/* The length of the character at `text`, whose first byte is not ASCII; 0 if it is not one. */
static size_t character(const unsigned char *text, size_t size)
{
    unsigned char first = text[0], low = 0x80, high = 0xBF;
    size_t more;

    if (first >= 0xC2 && first <= 0xDF) {
        more = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
        more = 2;
        low = first == 0xE0 ? 0xA0 : 0x80;  /* no longer form than needed */
        high = first == 0xED ? 0x9F : 0xBF; /* no surrogates */
    } else if (first >= 0xF0 && first <= 0xF4) {
        more = 3;
        low = first == 0xF0 ? 0x90 : 0x80;
        high = first == 0xF4 ? 0x8F : 0xBF; /* nothing beyond U+10FFFF */
    } else {
        return 0;
    }
    if (size <= more || text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i <= more; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return more + 1;
}

size_t sq_utf8_next(const unsigned char *text, size_t size)
{
    return *text < 0x80 ? 1 : character(text, size);
}

bool sq_utf8_valid(const unsigned char *text, size_t size)
{
    size_t i = 0;

    while (i < size) {
        uint64_t eight;
        size_t length;

        if (size - i >= 8) {
            memcpy(&eight, text + i, 8);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                i += 8;
                continue;
            }
        }
        if (text[i] < 0x80) {
            i++;
            continue;
        }
        length = character(text + i, size - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}

/* This program never leaves the C locale, so that the point is one. */
size_t sq_real_text(double value, char *buffer)
{
    int size = 0;

    for (int digits = 15; digits <= 17; digits++) {
        size = snprintf(buffer, 28, "%.*g", digits, value);
        if (!isfinite(value) || strtod(buffer, NULL) == value)
            break;
    }
    if (isfinite(value) && !strpbrk(buffer, ".e")) {
        memcpy(buffer + size, ".0", 3);
        size += 2;
    }
    return (size_t)size;
}

/* ---- dates and times --------------------------------------------------------------------------------------------- */

struct reader {
    const char *at, *end;
};

static bool accept(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* Exactly `digits` digits, at most `max`. */
static bool number(struct reader *r, int digits, int max, int *ret)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (r->at == r->end || *r->at < '0' || *r->at > '9')
            return false;
        value = value * 10 + (*r->at++ - '0');
    }
    *ret = value;
    return value <= max;
}

/* Days since 1970-01-01 in the Gregorian calendar, which SQLite extends backwards without end. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool date(struct reader *r, int64_t *ret_us)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, length;

    if (!number(r, 4, 9999, &year) || !accept(r, '-') || !number(r, 2, 12, &month) || !accept(r, '-') ||
        !number(r, 2, 31, &day) || month < 1 || day < 1)
        return false;
    length = LENGTHS[month - 1];
    if (month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0))
        length++;
    *ret_us = days_of(year, month, day) * DAY;
    return day <= length;
}

static bool fraction(struct reader *r, int64_t *us)
{
    int64_t unit = SECOND / 10;

    if (r->at == r->end)
        return false;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, unit /= 10) {
        if (!unit && *r->at != '0')
            return false; /* finer than a microsecond */
        *us += unit * (*r->at - '0');
    }
    return true;
}

static bool time_of_day(struct reader *r, int64_t *us)
{
    int hour, minute, second = 0;

    if (!number(r, 2, 23, &hour) || !accept(r, ':') || !number(r, 2, 59, &minute))
        return false;
    if (accept(r, ':')) {
        if (!number(r, 2, 59, &second))
            return false;
        *us += second * SECOND;
        if (accept(r, '.') && !fraction(r, us))
            return false;
    }
    *us += (hour * INT64_C(60) + minute) * 60 * SECOND;
    return true;
}

static bool zone(struct reader *r, int64_t *us)
{
    int hour, minute;
    bool is_east;

    while (accept(r, ' '))
        ;
    if (r->at == r->end || accept(r, 'Z') || accept(r, 'z'))
        return true;
    is_east = accept(r, '+');
    if (!is_east && !accept(r, '-'))
        return false;
    if (!number(r, 2, 14, &hour) || !accept(r, ':') || !number(r, 2, 59, &minute))
        return false;
    *us += (is_east ? -1 : 1) * (hour * INT64_C(60) + minute) * 60 * SECOND;
    return true;
}

bool sq_timestamp_parse(const char *text, size_t size, int64_t *ret_us)
{
    struct reader r = {text, text + size};

    *ret_us = 0;
    if (!date(&r, ret_us))
        return false;
    if (r.at == r.end)
        return true;
    if (!accept(&r, 'T') && !accept(&r, ' '))
        return false;
    return time_of_day(&r, ret_us) && zone(&r, ret_us) && r.at == r.end;
}

bool sq_time_parse(const char *text, size_t size, int64_t *ret_us)
{
    struct reader r = {text, text + size};

    *ret_us = 0;
    return time_of_day(&r, ret_us) && r.at == r.end;
}

/* Julian days of the years 0000 to 9999. A whole one that was stored in a column of NUMERIC affinity is an integer now,
 * and so are the seconds of the first weeks of 1970: what is in this range could be either. SQLite's modifier `auto`
 * takes it for a day. */
#define FIRST_JULIAN 1721059.5
#define LAST_JULIAN 5373484.5

bool sq_timestamp_of_integer(int64_t value, bool may_guess, int64_t *ret_us)
{
    if (value > (int64_t)FIRST_JULIAN && value <= (int64_t)LAST_JULIAN)
        return may_guess && sq_timestamp_of_julian((double)value, ret_us);
    if (value < FIRST_SECOND || value > LAST_SECOND)
        return false;
    *ret_us = value * SECOND;
    return true;
}

/* A real has room for about 0.05 ms of a day of our time; SQLite reads it to the millisecond, and so does this. */
bool sq_timestamp_of_julian(double day, int64_t *ret_us)
{
    int64_t ms;

    if (!(day >= FIRST_JULIAN && day < LAST_JULIAN))
        return false;
    ms = (int64_t)(day * 86400000.0 + 0.5);
    *ret_us = (ms - INT64_C(210866760000000)) * 1000;
    return true;
}

/* ---- written ----------------------------------------------------------------------------------------------------- */

/* The year, month and day of a number of days since 1970. */
static void date_of(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

    *ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = (int)(year + era * 400 + (*ret_month <= 2));
}

static size_t time_text(int64_t us, char *buffer)
{
    int64_t seconds = us / SECOND;
    int size =
        snprintf(buffer, 24, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));

    if (us % SECOND)
        size += snprintf(buffer + size, 12, ".%06d", (int)(us % SECOND));
    return (size_t)size;
}

bool sq_moment_text(sq_kind kind, int64_t us, char buffer[SQ_MOMENT_TEXT])
{
    int64_t days = us / DAY - (us % DAY < 0), of_day = us - days * DAY;
    int year, month, day, size;

    if (kind == SQ_TIME)
        return us >= 0 && us < DAY && time_text(us, buffer) > 0;
    if (days < FIRST_SECOND / 86400 || days > LAST_SECOND / 86400)
        return false;
    date_of(days, &year, &month, &day);
    size = snprintf(buffer, 16, "%04d-%02d-%02d", year, month, day);
    if (kind == SQ_DATE)
        return true;
    buffer[size++] = ' ';
    size += (int)time_text(of_day, buffer + size);
    if (kind == SQ_TIMESTAMPTZ)
        memcpy(buffer + size, "Z", 2);
    return true;
}
