import unittest

from csvparse import MalformedTable, column, join_line, parse, split_line, totals

TABLE = """Name, City,Amount
Ada,Paris,3
"Bob, Jr.",Rome,x

Cy,Paris,4.5
"""


class Lines(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(split_line("a,b,,c"), ["a", "b", "", "c"])
        self.assertEqual(split_line(""), [""])

    def test_quoted(self):
        self.assertEqual(split_line('"a,b",c'), ["a,b", "c"])
        self.assertEqual(split_line('"say ""hi""",x'), ['say "hi"', "x"])

    def test_a_quote_inside_is_plain(self):
        self.assertEqual(split_line('5" disk,x'), ['5" disk', "x"])

    def test_separator(self):
        self.assertEqual(split_line("a;b,c", separator=";"), ["a", "b,c"])

    def test_open_quote(self):
        with self.assertRaises(MalformedTable):
            split_line('"abc')

    def test_join(self):
        self.assertEqual(join_line(["a", "b,c", 'd"e', " f"]), 'a,"b,c","d""e"," f"')
        self.assertEqual(join_line(["a,b", "c"], separator=";"), "a,b;c")

    def test_there_and_back(self):
        fields = ["x", 'y "z"', "1,2", "", " w "]
        self.assertEqual(split_line(join_line(fields)), fields)


class Tables(unittest.TestCase):
    def test_parse(self):
        rows = parse(TABLE)
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows[1], {"name": "Bob, Jr.", "city": "Rome", "amount": "x"})

    def test_wrong_number_of_fields(self):
        with self.assertRaises(MalformedTable) as caught:
            parse("a,b\n1,2\n1,2,3\n")
        self.assertEqual(caught.exception.line, 3)

    def test_open_quote_names_its_line(self):
        with self.assertRaises(MalformedTable) as caught:
            parse('a,b\n\n"1,2\n')
        self.assertEqual(caught.exception.line, 3)

    def test_column(self):
        self.assertEqual(column(parse(TABLE), "amount"), [3.0, 0.0, 4.5])
        self.assertEqual(column(parse(TABLE), "none", default="1"), [1.0, 1.0, 1.0])

    def test_totals(self):
        self.assertEqual(totals(parse(TABLE), "city", "amount"), [("Paris", 7.5), ("Rome", 0.0)])

    def test_totals_of_equals_are_by_name(self):
        rows = parse("k,v\nb,1\na,1\nc,2\n")
        self.assertEqual(totals(rows, "k", "v"), [("c", 2.0), ("a", 1.0), ("b", 1.0)])
