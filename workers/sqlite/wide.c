/* Values of the engine that SQLite has no storage class for, kept as text: whole numbers beyond 64 bits and decimals,
 * exact, and UUIDs. As Arrow has them they are 16 bytes. Called by put.c (reading) and take.c (writing). */
#include <string.h>

#include "sq.h"

__extension__ typedef unsigned __int128 wide;

bool sq_decimal_parse(const char *text, size_t size, int precision, int scale, bool is_signed, unsigned char ret[16])
{
    const wide most = is_signed ? ((wide)1 << 127) : ~(wide)0;
    bool is_negative = size && *text == '-', has_point = false;
    int behind = 0;
    wide value = 0, limit = 1;
    size_t digits = 0;

    if (is_negative && !is_signed)
        return false;
    for (size_t i = is_negative; i < size; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';

        if (text[i] == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (digit > 9 || (has_point && ++behind > scale) || value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
        digits++;
    }
    for (; behind < scale; behind++) {
        if (value > most / 10)
            return false;
        value *= 10;
    }
    for (int i = 0; i < precision; i++)
        limit *= 10;
    if (!digits || (precision && value >= limit) || (is_signed && !is_negative && value == most))
        return false;
    value = is_negative ? -value : value;
    memcpy(ret, &value, 16);
    return true;
}

size_t sq_decimal_text(const unsigned char bytes[16], int scale, bool is_signed, char buffer[48])
{
    char reversed[48];
    bool is_negative;
    size_t n = 0, size = 0;
    wide value;

    memcpy(&value, bytes, 16);
    is_negative = is_signed && (value >> 127) != 0;
    value = is_negative ? -value : value;
    do {
        if (scale && n == (size_t)scale)
            reversed[n++] = '.';
        reversed[n++] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value || (scale && n < (size_t)scale + 2));
    if (is_negative)
        buffer[size++] = '-';
    while (n)
        buffer[size++] = reversed[--n];
    buffer[size] = 0;
    return size;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

bool sq_uuid_parse(const char *text, size_t size, unsigned char ret[16])
{
    size_t n = 0;

    if (size != 36)
        return false;
    for (size_t i = 0; i < size;) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i++] != '-')
                return false;
            continue;
        }
        if (hex(text[i]) < 0 || hex(text[i + 1]) < 0)
            return false;
        ret[n++] = (unsigned char)(hex(text[i]) << 4 | hex(text[i + 1]));
        i += 2;
    }
    return n == 16;
}

void sq_uuid_text(const unsigned char bytes[16], char buffer[37])
{
    static const char DIGITS[] = "0123456789abcdef";
    size_t n = 0;

    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            buffer[n++] = '-';
        buffer[n++] = DIGITS[bytes[i] >> 4];
        buffer[n++] = DIGITS[bytes[i] & 15];
    }
    buffer[n] = 0;
}
