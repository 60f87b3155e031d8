from wrap import align, dedent, justify, shorten, wrap


def text():
    return " ".join("abcdefghijkl"[: R.randint(1, 12)] for _ in range(R.randint(0, 7)))


for _ in range(ROUNDS):
    width = R.randint(1, 14)
    show(wrap, text(), width, " " * R.randint(0, 3))
    show(align, text(), R.randint(0, 40), R.choice(["left", "right", "centre", "up"]), R.choice(" -"))
    show(justify, text(), R.randint(0, 50))
    show(dedent, [" " * R.randint(0, 4) + R.choice(["x", "", "y z"]) for _ in range(4)])
    show(shorten, text(), R.randint(0, 30), R.choice(["...", "+"]))
