import unittest

from matrix import (
    ShapeError,
    add,
    determinant,
    identity,
    minor,
    multiply,
    power,
    rotate,
    shape,
    trace,
    transpose,
)


class Matrix(unittest.TestCase):
    def test_shape(self):
        self.assertEqual(shape([[1, 2, 3], [4, 5, 6]]), (2, 3))
        self.assertEqual(shape([]), (0, 0))
        with self.assertRaises(ShapeError):
            shape([[1], [1, 2]])

    def test_identity(self):
        self.assertEqual(identity(2), [[1, 0], [0, 1]])

    def test_transpose(self):
        self.assertEqual(transpose([[1, 2, 3], [4, 5, 6]]), [[1, 4], [2, 5], [3, 6]])

    def test_add(self):
        self.assertEqual(add([[1, 2]], [[10, 20]]), [[11, 22]])
        self.assertEqual(add([[1, 2]], [[10, 20]], scale=-1), [[-9, -18]])

    def test_add_refuses_other_shapes(self):
        with self.assertRaises(ShapeError):
            add([[1, 2]], [[1], [2]])

    def test_multiply(self):
        left, right = [[1, 2, 3], [4, 5, 6]], [[1, 0], [0, 1], [2, 2]]
        self.assertEqual(multiply(left, right), [[7, 8], [16, 17]])

    def test_multiply_refuses_other_shapes(self):
        with self.assertRaises(ShapeError):
            multiply([[1, 2]], [[1, 2]])

    def test_power(self):
        fibonacci = [[1, 1], [1, 0]]
        self.assertEqual(power(fibonacci, 10), [[89, 55], [55, 34]])
        self.assertEqual(power(fibonacci, 0), identity(2))

    def test_minor(self):
        self.assertEqual(minor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 0), [[2, 3], [8, 9]])

    def test_determinant(self):
        self.assertEqual(determinant([[2, 3], [1, 4]]), 5)
        self.assertEqual(determinant([[2, 0, 1], [1, 3, 2], [1, 1, 1]]), 0)
        self.assertEqual(determinant([[0, 2, 1], [1, 3, 2], [4, 1, 1]]), 3)
        self.assertEqual(determinant([]), 1)

    def test_trace(self):
        self.assertEqual(trace([[1, 9], [9, 2], [9, 9]]), 3)

    def test_rotate(self):
        self.assertEqual(rotate([[1, 2], [3, 4], [5, 6]]), [[5, 3, 1], [6, 4, 2]])
