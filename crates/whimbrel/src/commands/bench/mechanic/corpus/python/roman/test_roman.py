import unittest

from roman import from_roman, in_words, ordinal, to_roman

PAIRS = [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (40, "XL"), (90, "XC"), (400, "CD")]
PAIRS += [(1994, "MCMXCIV"), (2024, "MMXXIV"), (3999, "MMMCMXCIX"), (58, "LVIII"), (500, "D")]


class Roman(unittest.TestCase):
    def test_to_roman(self):
        for number, text in PAIRS:
            self.assertEqual(to_roman(number), text)

    def test_from_roman(self):
        for number, text in PAIRS:
            self.assertEqual(from_roman(text), number)

    def test_there_and_back(self):
        for number in range(1, 4000, 7):
            self.assertEqual(from_roman(to_roman(number)), number)

    def test_lower_case_and_blanks(self):
        self.assertEqual(from_roman(" xiv "), 14)

    def test_limits(self):
        for number in [0, -1, 4000]:
            with self.assertRaises(ValueError):
                to_roman(number)

    def test_what_is_none(self):
        for text in ["", "IIII", "VX", "ABC", "IC"]:
            with self.assertRaises(ValueError):
                from_roman(text)


class Words(unittest.TestCase):
    def test_small(self):
        self.assertEqual((in_words(0), in_words(13), in_words(19)), ("zero", "thirteen", "nineteen"))

    def test_tens(self):
        self.assertEqual((in_words(20), in_words(42)), ("twenty", "forty-two"))

    def test_hundreds(self):
        self.assertEqual(in_words(100), "one hundred")
        self.assertEqual(in_words(342), "three hundred and forty-two")

    def test_thousands(self):
        self.assertEqual(in_words(1000), "one thousand")
        self.assertEqual(in_words(12005), "twelve thousand and five")
        self.assertEqual(in_words(1100), "one thousand one hundred")

    def test_minus(self):
        self.assertEqual(in_words(-7), "minus seven")

    def test_ordinal(self):
        words = [ordinal(number) for number in [1, 2, 3, 4, 11, 12, 13, 21, 102, 111]]
        expected = ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]
        self.assertEqual(words, expected)
