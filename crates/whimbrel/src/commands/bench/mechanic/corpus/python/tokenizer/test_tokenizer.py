import unittest

from tokenizer import SyntaxProblem, evaluate, tokenize


class Tokenize(unittest.TestCase):
    def test_kinds(self):
        expected = [("name", "x_1"), ("sign", "*"), ("number", 2.5)]
        self.assertEqual(tokenize(" x_1 *2.5 "), expected)

    def test_unexpected(self):
        with self.assertRaises(SyntaxProblem) as caught:
            tokenize("1 + ?")
        self.assertEqual(caught.exception.position, 4)

    def test_two_points(self):
        with self.assertRaises(SyntaxProblem):
            tokenize("1.2.3")

    def test_one_point(self):
        self.assertEqual(tokenize(".5"), [("number", 0.5)])


class Evaluate(unittest.TestCase):
    def test_precedence(self):
        self.assertEqual(evaluate("1 + 2 * 3"), 7)
        self.assertEqual(evaluate("2 * 3 + 1"), 7)

    def test_left_to_right(self):
        self.assertEqual(evaluate("10 - 4 - 3"), 3)
        self.assertEqual(evaluate("16 / 4 / 2"), 2)

    def test_power_is_right_to_left(self):
        self.assertEqual(evaluate("2 ^ 3 ^ 2"), 512)
        self.assertEqual(evaluate("2 * 3 ^ 2"), 18)

    def test_parentheses(self):
        self.assertEqual(evaluate("(1 + 2) * (3 + 4)"), 21)

    def test_minus(self):
        self.assertEqual(evaluate("-2 + 5"), 3)
        self.assertEqual(evaluate("-2 ^ 2"), -4)
        self.assertEqual(evaluate("4 * -2"), -8)

    def test_names(self):
        self.assertEqual(evaluate("a * b2", {"a": 3, "b2": 4}), 12)
        with self.assertRaises(SyntaxProblem):
            evaluate("c")

    def test_what_is_missing(self):
        for text in ["1 +", "(1", "1 2", ")", ""]:
            with self.assertRaises(SyntaxProblem, msg=text):
                evaluate(text)
