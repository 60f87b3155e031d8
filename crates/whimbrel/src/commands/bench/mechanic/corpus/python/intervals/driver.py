from intervals import contains, covered, gaps, merge, most_at_once, subtract


def some():
    starts = [R.randint(-20, 20) for _ in range(R.randint(0, 6))]
    return [(start, start + R.randint(0, 9)) for start in starts]


for _ in range(ROUNDS):
    one, other, point = some(), some(), R.randint(-25, 35)
    show(merge, one)
    show(covered, one)
    show(contains, one, point)
    show(subtract, one, other)
    show(gaps, one, -30, 40)
    show(most_at_once, one)
show(merge, [(2, 1)])
