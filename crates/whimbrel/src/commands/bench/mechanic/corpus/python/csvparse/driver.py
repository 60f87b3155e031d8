from csvparse import column, join_line, parse, split_line, totals


def field():
    return "".join(R.choice('ab1,;" .') for _ in range(R.randint(0, 5)))


for _ in range(ROUNDS):
    fields = [field() for _ in range(R.randint(1, 4))]
    show(split_line, ",".join(fields), R.choice(",;"))
    show(join_line, fields, R.choice(",;"))
    lines = ["K,v"] + [f"{R.choice('abc')},{R.choice(['1', '2.5', 'x', '', '-3'])}" for _ in range(6)]
    if R.random() < 0.3:
        lines.insert(R.randint(1, 5), R.choice(["", "  ", "a", '"a,b', "a,b,c"]))
    text = "\n".join(lines)
    show(parse, text)
    show(lambda: column(parse(text), "v"))
    show(lambda: column(parse(text), "w", "7"))
    show(lambda: totals(parse(text), "k", "v"))
