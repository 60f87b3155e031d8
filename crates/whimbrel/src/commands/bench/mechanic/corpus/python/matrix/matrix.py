"""Small matrices as lists of rows."""


class ShapeError(ValueError):
    pass


def shape(rows):
    if not rows:
        return 0, 0
    width = len(rows[0])
    for row in rows:
        if len(row) != width:
            raise ShapeError("rows of different lengths")
    return len(rows), width


def identity(size):
    return [[1 if i == j else 0 for j in range(size)] for i in range(size)]


def transpose(rows):
    height, width = shape(rows)
    return [[rows[i][j] for i in range(height)] for j in range(width)]


def add(left, right, scale=1):
    if shape(left) != shape(right):
        raise ShapeError("shapes differ")
    return [
        [a + scale * b for a, b in zip(left_row, right_row)]
        for left_row, right_row in zip(left, right)
    ]


def multiply(left, right):
    height, inner = shape(left)
    other, width = shape(right)
    if inner != other:
        raise ShapeError("inner sizes differ")
    product = [[0] * width for _ in range(height)]
    for i in range(height):
        for j in range(width):
            for k in range(inner):
                product[i][j] += left[i][k] * right[k][j]
    return product


def power(rows, exponent):
    height, width = shape(rows)
    if height != width:
        raise ShapeError("only a square has powers")
    result = identity(height)
    base = rows
    while exponent > 0:
        if exponent % 2 == 1:
            result = multiply(result, base)
        base = multiply(base, base)
        exponent //= 2
    return result


def minor(rows, row, column):
    return [
        [value for j, value in enumerate(line) if j != column]
        for i, line in enumerate(rows)
        if i != row
    ]


def determinant(rows):
    height, width = shape(rows)
    if height != width:
        raise ShapeError("only a square has a determinant")
    if height == 0:
        return 1
    total = 0
    for column in range(width):
        sign = -1 if column % 2 else 1
        total += sign * rows[0][column] * determinant(minor(rows, 0, column))
    return total


def trace(rows):
    height, width = shape(rows)
    return sum(rows[i][i] for i in range(min(height, width)))


def rotate(rows):
    """A quarter turn clockwise."""
    return [list(reversed(column)) for column in transpose(rows)]
