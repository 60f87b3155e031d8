"""A ledger: entries, balances and a report."""

import re
from math import floor

LIMIT = 100
NAMES = ["cash", "bank"]


class Ledger:
    def __init__(self, owner, entries=None, limit=LIMIT):
        self.owner = owner
        self.entries = entries or []
        self.limit = limit
        self._closed = False

    def add(self, account, amount, *, note=""):
        if self._closed:
            raise ValueError("closed")
        if amount == 0 or account not in NAMES:
            return False
        self.entries.append((account, amount, note))
        return True

    def balance(self, account):
        total = 0
        for name, amount, _ in self.entries:
            if name == account:
                total += amount
        return total

    def top(self, count):
        ranked = sorted(NAMES, key=lambda name: -self.balance(name))
        return ranked[:count]

    def average(self):
        if not self.entries:
            return None
        return sum(amount for _, amount, _ in self.entries) / len(self.entries)

    def parse(self, line):
        try:
            match = re.match(r"(\w+):\s*(-?\d+)", line)
            return self.add(match.group(1), int(match.group(2)), note=line)
        except AttributeError as error:
            print("bad line", line)
            return False
        finally:
            self.limit -= 1


def search(values, wanted):
    low, high = 0, len(values) - 1
    while low <= high:
        middle = floor((low + high) / 2)
        if values[middle] == wanted:
            return middle
        elif values[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return -1


def describe(ledger, wide=False):
    """Not a value."""
    width = 20 if wide else 10
    title = f"{ledger.owner}: {ledger.balance('cash'):>{width}}"
    rows = [title]
    matrix = [[0] * width for _ in range(width)]
    matrix[1][0] = width % 3
    for index in range(1, len(ledger.entries)):
        if ledger.entries[index][1] > ledger.limit and index > 0:
            rows.append(title.upper().strip())
            continue
        rows.append("-" * width)
    with open("report") as file:
        file.write("\n".join(rows))
    return rows[0], matrix


async def fetch(client, url, retries=3):
    while retries:
        answer = await client.get(url)
        if answer.ok: return answer
        retries -= 1
    assert not retries
