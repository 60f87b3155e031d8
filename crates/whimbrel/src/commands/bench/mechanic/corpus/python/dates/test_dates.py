import unittest

from dates import (
    add_days,
    add_months,
    age,
    between,
    check,
    day_number,
    days_in_month,
    from_day_number,
    is_leap,
    weekday,
    workdays,
)


class Calendar(unittest.TestCase):
    def test_leap_years(self):
        self.assertEqual([y for y in (1900, 2000, 2023, 2024, 2100) if is_leap(y)], [2000, 2024])

    def test_days_in_month(self):
        self.assertEqual([days_in_month(2023, m) for m in (1, 2, 4, 12)], [31, 28, 30, 31])
        self.assertEqual(days_in_month(2024, 2), 29)

    def test_no_such_month(self):
        for month in (0, 13):
            with self.assertRaises(ValueError):
                days_in_month(2024, month)

    def test_no_such_day(self):
        for date in [(2023, 2, 29), (2023, 4, 31), (2023, 1, 0)]:
            with self.assertRaises(ValueError):
                check(date)

    def test_day_number(self):
        self.assertEqual(day_number((1, 1, 1)), 1)
        self.assertEqual(day_number((1970, 1, 1)), 719163)
        self.assertEqual(day_number((2024, 3, 1)), 738946)

    def test_there_and_back(self):
        for number in (1, 365, 366, 719163, 738944, 738945, 738946, 739251, 739252):
            self.assertEqual(day_number(from_day_number(number)), number)

    def test_weekday(self):
        self.assertEqual(weekday((1970, 1, 1)), "Thursday")
        self.assertEqual(weekday((2024, 2, 29)), "Thursday")
        self.assertEqual(weekday((2023, 12, 31)), "Sunday")


class Arithmetic(unittest.TestCase):
    def test_add_days(self):
        self.assertEqual(add_days((2024, 2, 28), 2), (2024, 3, 1))
        self.assertEqual(add_days((2024, 1, 1), -1), (2023, 12, 31))

    def test_add_months(self):
        self.assertEqual(add_months((2024, 1, 31), 1), (2024, 2, 29))
        self.assertEqual(add_months((2023, 11, 15), 3), (2024, 2, 15))
        self.assertEqual(add_months((2024, 1, 10), -1), (2023, 12, 10))

    def test_between(self):
        self.assertEqual(between((2023, 12, 25), (2024, 1, 1)), 7)

    def test_age(self):
        self.assertEqual(age((2000, 5, 10), (2024, 5, 9)), 23)
        self.assertEqual(age((2000, 5, 10), (2024, 5, 10)), 24)

    def test_workdays(self):
        self.assertEqual(workdays((2024, 1, 1), (2024, 1, 7)), 5)
        self.assertEqual(workdays((2024, 1, 5), (2024, 1, 8)), 2)
