from ledger import Ledger

for _ in range(ROUNDS):
    bank = Ledger()
    for number in range(3):
        bank.open(number, f"P{number}", R.choice([0, 0, 4000]))
    for _ in range(10):
        one, other, amount = R.randrange(4), R.randrange(3), R.randint(-300, 9000)
        what = R.randint(0, 5)
        if what < 2:
            show(bank.deposit, one, amount)
        elif what == 2:
            show(bank.withdraw, one, amount)
        elif what == 3:
            show(bank.transfer, one, other, abs(amount), R.random() < 0.5)
        elif what == 4:
            show(bank.add_interest, R.randint(0, 5))
        else:
            show(lambda: bank.open(one, "again").owner)
    show(bank.total)
    show(lambda: [(a.balance, a.available()) for a in bank.accounts.values()])
    show(bank.statement, 0)
