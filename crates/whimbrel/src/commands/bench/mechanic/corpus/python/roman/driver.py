from roman import from_roman, in_words, ordinal, to_roman

for _ in range(ROUNDS):
    number = R.randint(-5, 4100)
    show(to_roman, number)
    show(from_roman, "".join(R.choice("IVXLCDMa") for _ in range(R.randint(0, 4))))
    show(in_words, R.randint(-30, 200))
    show(in_words, R.randint(200, 500_000))
    show(ordinal, R.randint(0, 300))
