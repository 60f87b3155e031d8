"""Dates of the Gregorian calendar by arithmetic alone: (year, month, day)."""

MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year, month):
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    if month == 2 and is_leap(year):
        return 29
    return MONTHS[month - 1]


def check(date):
    year, month, day = date
    if not 1 <= day <= days_in_month(year, month):
        raise ValueError(f"{year}-{month:02}-{day:02} is no date")
    return date


def day_number(date):
    """Days since 0001-01-01, which is day 1."""
    year, month, day = check(date)
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    for earlier in range(1, month):
        days += days_in_month(year, earlier)
    return days + day


def from_day_number(number):
    year = max(1, number // 366)
    while day_number((year + 1, 1, 1)) <= number:
        year += 1
    rest = number - day_number((year, 1, 1))
    month = 1
    while rest >= days_in_month(year, month):
        rest -= days_in_month(year, month)
        month += 1
    return year, month, rest + 1


def weekday(date):
    return NAMES[(day_number(date) - 1) % 7]


def add_days(date, days):
    return from_day_number(day_number(date) + days)


def add_months(date, months):
    """The same day, or the month's last one where it has no such day."""
    year, month, day = check(date)
    index = year * 12 + (month - 1) + months
    year, month = index // 12, index % 12 + 1
    return year, month, min(day, days_in_month(year, month))


def between(first, second):
    return day_number(second) - day_number(first)


def age(born, today):
    """Whole years."""
    years = today[0] - born[0]
    if (today[1], today[2]) < (born[1], born[2]):
        years -= 1
    return years


def workdays(first, last):
    """Days from Monday to Friday, both ends included."""
    count = 0
    for number in range(day_number(first), day_number(last) + 1):
        if (number - 1) % 7 < 5:
            count += 1
    return count
