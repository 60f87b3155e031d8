from dates import add_days, add_months, age, between, day_number, days_in_month, weekday, workdays


def date():
    return R.randint(1890, 2110), R.randint(1, 12), R.randint(1, 28)


for _ in range(ROUNDS):
    one, other = date(), date()
    show(day_number, (R.randint(1, 2200), R.randint(0, 13), R.randint(0, 32)))
    show(weekday, one)
    show(add_days, one, R.randint(-800, 800))
    show(add_months, (one[0], one[1], min(31, one[2] + 2)), R.randint(-30, 30))
    show(between, one, other)
    show(age, one, other)
    show(workdays, one, add_days(one, R.randint(0, 30)))
    show(days_in_month, R.randint(1890, 2110), R.randint(0, 13))
