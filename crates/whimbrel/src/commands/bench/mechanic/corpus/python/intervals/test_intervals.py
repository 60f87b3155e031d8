import unittest

from intervals import contains, covered, gaps, merge, most_at_once, normalise, subtract


class Normalise(unittest.TestCase):
    def test_sorts_and_drops_empty_ones(self):
        self.assertEqual(normalise([(5, 7), (1, 1), (0, 2)]), [(0, 2), (5, 7)])

    def test_refuses_reversed_ones(self):
        with self.assertRaises(ValueError):
            normalise([(3, 1)])


class Merge(unittest.TestCase):
    def test_apart(self):
        self.assertEqual(merge([(4, 6), (0, 2)]), [(0, 2), (4, 6)])

    def test_overlapping(self):
        self.assertEqual(merge([(0, 5), (3, 8), (10, 11)]), [(0, 8), (10, 11)])

    def test_touching(self):
        self.assertEqual(merge([(0, 2), (2, 4)]), [(0, 4)])

    def test_inside(self):
        self.assertEqual(merge([(0, 9), (2, 4)]), [(0, 9)])

    def test_nothing(self):
        self.assertEqual(merge([]), [])


class Others(unittest.TestCase):
    def test_covered(self):
        self.assertEqual(covered([(0, 3), (2, 5), (9, 10)]), 6)

    def test_contains(self):
        several = [(0, 2), (4, 6), (8, 9), (12, 20)]
        inside = [point for point in range(-1, 22) if contains(several, point)]
        self.assertEqual(inside, [0, 1, 4, 5, 8, *range(12, 20)])

    def test_subtract_cuts_a_hole(self):
        self.assertEqual(subtract([(0, 10)], [(3, 5)]), [(0, 3), (5, 10)])

    def test_subtract_cuts_both_ends(self):
        self.assertEqual(subtract([(0, 10), (20, 30)], [(-5, 2), (8, 22)]), [(2, 8), (22, 30)])

    def test_subtract_everything(self):
        self.assertEqual(subtract([(0, 4)], [(0, 4)]), [])

    def test_gaps(self):
        self.assertEqual(gaps([(2, 3), (5, 6)], 0, 8), [(0, 2), (3, 5), (6, 8)])

    def test_most_at_once(self):
        self.assertEqual(most_at_once([(0, 5), (2, 7), (4, 9), (5, 6)]), 3)

    def test_ends_leave_before_others_begin(self):
        self.assertEqual(most_at_once([(0, 2), (2, 4)]), 1)
