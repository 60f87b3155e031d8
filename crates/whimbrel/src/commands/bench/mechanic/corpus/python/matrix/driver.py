from matrix import add, determinant, minor, multiply, power, rotate, shape, trace, transpose


def some(height, width):
    return [[R.randint(-5, 5) for _ in range(width)] for _ in range(height)]


for _ in range(ROUNDS):
    n, m, k = R.randint(1, 4), R.randint(1, 4), R.randint(1, 3)
    one, same, other, square = some(n, m), some(n, m), some(m, k), some(n, n)
    show(transpose, one)
    show(add, one, same, R.choice([1, -1, 3]))
    show(add, one, other)
    show(multiply, one, other)
    show(multiply, one, same)
    show(power, square, R.randint(0, 5))
    show(power, one, 2)
    show(determinant, square)
    show(determinant, one)
    show(minor, square, R.randrange(n), R.randrange(n))
    show(trace, one)
    show(rotate, one)
show(shape, [[1], []])
