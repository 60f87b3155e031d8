import unittest

from ledger import Ledger, Refused


class Bank(unittest.TestCase):
    def setUp(self):
        self.bank = Ledger()
        self.bank.open(1, "Ada")
        self.bank.open(2, "Bob", overdraft=5000)
        self.bank.deposit(1, 10000)

    def balance(self, number):
        return self.bank.find(number).balance

    def test_deposit(self):
        self.assertEqual(self.balance(1), 10000)
        with self.assertRaises(Refused):
            self.bank.deposit(1, 0)

    def test_withdraw(self):
        self.bank.withdraw(1, 10000)
        self.assertEqual(self.balance(1), 0)
        with self.assertRaises(Refused):
            self.bank.withdraw(1, 1)
        with self.assertRaises(Refused):
            self.bank.withdraw(1, -5)

    def test_overdraft(self):
        self.bank.withdraw(2, 5000)
        self.assertEqual(self.balance(2), -5000)
        self.assertEqual(self.bank.find(2).available(), 0)

    def test_accounts(self):
        with self.assertRaises(Refused):
            self.bank.open(1, "Eve")
        with self.assertRaises(Refused):
            self.bank.find(9)

    def test_transfer(self):
        self.assertEqual(self.bank.transfer(1, 2, 3000), 0)
        self.assertEqual((self.balance(1), self.balance(2)), (7000, 3000))

    def test_transfer_of_too_much_changes_nothing(self):
        with self.assertRaises(Refused):
            self.bank.transfer(1, 2, 10001)
        self.assertEqual((self.balance(1), self.balance(2)), (10000, 0))

    def test_fee(self):
        self.assertEqual(self.bank.transfer(1, 2, 5000, abroad=True), 100)
        self.assertEqual((self.balance(1), self.balance(2)), (4900, 5000))
        self.assertEqual(self.bank.transfer(1, 2, 1000, abroad=True), 50)

    def test_the_fee_must_be_there_too(self):
        with self.assertRaises(Refused):
            self.bank.transfer(1, 2, 10000, abroad=True)

    def test_interest(self):
        self.bank.withdraw(2, 1000)
        self.bank.add_interest(3)
        self.assertEqual((self.balance(1), self.balance(2)), (10300, -1120))

    def test_no_interest_on_nothing(self):
        self.bank.add_interest(3)
        self.assertEqual(self.bank.find(2).entries, [])

    def test_total(self):
        self.bank.transfer(1, 2, 2500)
        self.assertEqual(self.bank.total(), 10000)

    def test_statement(self):
        self.bank.transfer(1, 2, 2550)
        expected = "Ada:\ndeposit         100.00    100.00\nto 2            -25.50     74.50"
        self.assertEqual(self.bank.statement(1), expected)
