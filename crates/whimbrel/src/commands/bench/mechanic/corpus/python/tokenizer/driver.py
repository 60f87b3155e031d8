from tokenizer import evaluate, tokenize


def sentence(depth):
    if depth == 0 or R.random() < 0.3:
        return R.choice(["x", "y_2", str(R.randint(0, 9)), f"{R.randint(0, 9)}.{R.randint(0, 9)}"])
    left, right = sentence(depth - 1), sentence(depth - 1)
    form = R.choice(["{} + {}", "{}-{}", "{} * {}", "{}/{}", "({} - {})", "-{} + {}", "({})*{}"])
    return form.format(left, right)


for _ in range(ROUNDS):
    show(evaluate, sentence(3), {"x": 2.0, "y_2": 3.0})
    show(evaluate, f"{R.randint(0, 3)}^{R.randint(0, 3)}^{R.randint(0, 2)}")
    noise = "".join(R.choice("1.2+-*/^()x_ ?") for _ in range(R.randint(0, 6)))
    show(tokenize, noise)
    show(evaluate, noise)
