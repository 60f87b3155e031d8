"""Roman numerals, and English words, for numbers."""

SIGNS = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
]
VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def to_roman(number):
    if not 0 < number < 4000:
        raise ValueError("from 1 to 3999")
    text = ""
    for value, sign in SIGNS:
        while number >= value:
            text += sign
            number -= value
    return text


def from_roman(text):
    text = text.strip().upper()
    total = 0
    for index, sign in enumerate(text):
        if sign not in VALUES:
            raise ValueError(f"{sign!r} is no Roman digit")
        value = VALUES[sign]
        following = VALUES.get(text[index + 1], 0) if index + 1 < len(text) else 0
        if value < following:
            total -= value
        else:
            total += value
    if not text or to_roman(total) != text:
        raise ValueError(f"{text!r} isn't how it is written")
    return total


def in_words(number):
    if number < 0:
        return "minus " + in_words(-number)
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return TENS[tens] + (f"-{SMALL[rest]}" if rest else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{SMALL[hundreds]} hundred" + (f" and {in_words(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    joint = " and " if 0 < rest < 100 else " "
    return f"{in_words(thousands)} thousand" + (joint + in_words(rest) if rest else "")


def ordinal(number):
    last_two = number % 100
    if 11 <= last_two <= 13:
        return f"{number}th"
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{endings.get(number % 10, 'th')}"
