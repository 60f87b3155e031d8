import unittest

from wrap import align, dedent, justify, shorten, wrap


class Wrap(unittest.TestCase):
    def test_lines_are_filled(self):
        self.assertEqual(wrap("the quick brown fox", 9), ["the quick", "brown fox"])

    def test_exact_width(self):
        self.assertEqual(wrap("aaa bbb", 7), ["aaa bbb"])
        self.assertEqual(wrap("aaa bbb", 6), ["aaa", "bbb"])

    def test_long_words_are_broken(self):
        self.assertEqual(wrap("ab cdefghij k", 4), ["ab", "cdef", "ghij", "k"])

    def test_a_broken_word_goes_on(self):
        self.assertEqual(wrap("abcdef g", 4), ["abcd", "ef g"])

    def test_indent(self):
        self.assertEqual(wrap("one two three", 7, indent="  "), ["  one", "  two", "  three"])

    def test_nothing(self):
        self.assertEqual(wrap("  ", 5), [])

    def test_no_room(self):
        with self.assertRaises(ValueError):
            wrap("a", 2, indent="  ")


class Others(unittest.TestCase):
    def test_align(self):
        self.assertEqual(align("ab", 5), "ab   ")
        self.assertEqual(align("ab", 5, "right"), "   ab")
        self.assertEqual(align("ab", 5, "centre", fill="*"), "*ab**")

    def test_align_what_is_too_long(self):
        self.assertEqual(align("abcdef", 3, "centre"), "abcdef")

    def test_align_in_no_way(self):
        with self.assertRaises(ValueError):
            align("a", 3, "up")

    def test_justify(self):
        self.assertEqual(justify("a b c", 8), "a   b  c")
        self.assertEqual(justify("one", 8), "one")
        self.assertEqual(justify("aa bb", 3), "aa bb")

    def test_dedent(self):
        self.assertEqual(dedent(["    a", "      b", "", "    c"]), ["a", "  b", "", "c"])
        self.assertEqual(dedent(["", " "]), ["", ""])

    def test_shorten(self):
        self.assertEqual(shorten("one two three", 10), "one two...")
        self.assertEqual(shorten("one  two", 7), "one two")
        self.assertEqual(shorten("extraordinary", 5), "...")
