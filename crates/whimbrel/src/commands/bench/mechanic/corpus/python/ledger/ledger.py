"""A bank's ledger in whole cents: accounts, transfers, interest, statements."""


class Refused(Exception):
    """What a person did can't be done."""


class Account:
    def __init__(self, owner, overdraft=0):
        self.owner = owner
        self.overdraft = overdraft
        self.balance = 0
        self.entries = []

    def available(self):
        return self.balance + self.overdraft

    def post(self, amount, text):
        self.balance += amount
        self.entries.append((text, amount, self.balance))


class Ledger:
    FEE_PERCENT = 2
    FEE_LEAST = 50

    def __init__(self):
        self.accounts = {}

    def open(self, number, owner, overdraft=0):
        if number in self.accounts:
            raise Refused(f"account {number} exists")
        self.accounts[number] = Account(owner, overdraft)
        return self.accounts[number]

    def find(self, number):
        try:
            return self.accounts[number]
        except KeyError:
            raise Refused(f"there is no account {number}") from None

    def deposit(self, number, amount):
        if amount <= 0:
            raise Refused("a deposit is more than nothing")
        self.find(number).post(amount, "deposit")

    def withdraw(self, number, amount):
        account = self.find(number)
        if amount <= 0:
            raise Refused("a withdrawal is more than nothing")
        if amount > account.available():
            raise Refused("not enough money")
        account.post(-amount, "withdrawal")

    def fee(self, amount):
        return max(self.FEE_LEAST, amount * self.FEE_PERCENT // 100)

    def transfer(self, source, target, amount, abroad=False):
        """Gives what it cost."""
        payer, payee = self.find(source), self.find(target)
        fee = self.fee(amount) if abroad else 0
        if amount + fee > payer.available():
            raise Refused("not enough money")
        payer.post(-amount, f"to {target}")
        if fee:
            payer.post(-fee, "fee")
        payee.post(amount, f"from {source}")
        return fee

    def add_interest(self, rate_percent, overdraft_percent=12):
        """For a year; debts cost more than savings give."""
        for account in self.accounts.values():
            rate = rate_percent if account.balance >= 0 else overdraft_percent
            interest = account.balance * rate // 100
            if interest != 0:
                account.post(interest, "interest")

    def total(self):
        return sum(account.balance for account in self.accounts.values())

    def statement(self, number):
        account = self.find(number)
        lines = [f"{account.owner}:"]
        for text, amount, balance in account.entries:
            lines.append(f"{text:<12}{amount / 100:>10.2f}{balance / 100:>10.2f}")
        return "\n".join(lines)
