"""Runs a program on random inputs and prints what it gives, so that two versions can be compared."""
import random
import sys

R = random.Random(int(sys.argv[1]))
ROUNDS = 300


def show(function, *arguments):
    try:
        print(repr(function(*arguments)))
    except Exception as error:
        print(type(error).__name__)


