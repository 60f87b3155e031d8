"""Arithmetic: a sentence becomes tokens, tokens become a number."""

OPERATORS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}


class SyntaxProblem(Exception):
    def __init__(self, message, position):
        super().__init__(f"{message} at {position}")
        self.position = position


def tokenize(text):
    """Pairs of a kind and a value."""
    tokens = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char.isdigit() or char == ".":
            end = at
            while end < len(text) and (text[end].isdigit() or text[end] == "."):
                end += 1
            if text[at:end].count(".") > 1:
                raise SyntaxProblem("two points in a number", at)
            tokens.append(("number", float(text[at:end])))
            at = end
        elif char in OPERATORS or char in "()":
            tokens.append(("sign", char))
            at += 1
        elif char.isalpha() or char == "_":
            end = at
            while end < len(text) and (text[end].isalnum() or text[end] == "_"):
                end += 1
            tokens.append(("name", text[at:end]))
            at = end
        else:
            raise SyntaxProblem(f"unexpected {char!r}", at)
    return tokens


class Parser:
    def __init__(self, tokens, names):
        self.tokens = tokens
        self.names = names
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def expression(self, least=1):
        left = self.operand()
        while True:
            kind, sign = self.peek()
            level = OPERATORS.get(sign, 0) if kind == "sign" else 0
            if level < least:
                return left
            self.take()
            # A power binds to the right.
            right = self.expression(level if sign == "^" else level + 1)
            left = apply(sign, left, right)

    def operand(self):
        kind, value = self.take()
        if kind == "number":
            return value
        if kind == "name":
            if value not in self.names:
                raise SyntaxProblem(f"unknown name {value}", self.at - 1)
            return self.names[value]
        if value == "-":
            return -self.expression(3)
        if value == "(":
            inner = self.expression()
            if self.take() != ("sign", ")"):
                raise SyntaxProblem("missing )", self.at - 1)
            return inner
        raise SyntaxProblem("a value is missing", self.at - 1)


def apply(sign, left, right):
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "/":
        return left / right
    return left**right


def evaluate(text, names=None):
    parser = Parser(tokenize(text), names or {})
    value = parser.expression()
    if parser.peek()[0] != "end":
        raise SyntaxProblem("something is left", parser.at)
    return value
