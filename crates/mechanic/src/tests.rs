//! Whole repairs of tiny projects, over a computer without isolation. Needs git, Python 3.8 or
//! later and, for the stories that say so, pytest.

use std::time::Duration;

use computer::fake::Fake;
use computer::{Backend, Computer, Exec, Spec};

use super::*;

const PYTEST: &str = "python3 -m pytest -q";
const UNITTEST: &str = "python3 -m unittest discover -s tests -t .";

/// One small project and how its repair ended.
struct Story {
    computer: Box<dyn Computer>,
    repair: Repair,
    progress: Vec<Progress>,
    took: Duration,
}

async fn tell(test_command: &str, files: &[(&str, &str)]) -> Story {
    with_time(test_command, files, Duration::from_secs(120)).await
}

async fn with_time(test_command: &str, files: &[(&str, &str)], time: Duration) -> Story {
    let fake = Fake::new();
    let spec = Spec::default();
    let computer = fake.fork(&fake.bare(), &spec).await.unwrap();
    for (path, text) in files {
        computer.write(&disk::inside(path), text.as_bytes(), 0o644).await.unwrap();
    }
    let git = "git init -q -b main && git config user.name t && git config user.email t@t \
               && git add -A && git commit -qm first";
    let git = computer.run(Exec::shell(git)).await.unwrap();
    assert!(git.status.is_success(), "{}", git.text());
    let job = Job { test_command: test_command.into(), seed: 0, time, text: String::new() };
    let mut progress = Vec::new();
    let began = Instant::now();
    let repair = repair(&*computer, &job, &mut |step| progress.push(step)).await.unwrap();
    Story { computer, repair, progress, took: began.elapsed() }
}

impl Story {
    async fn shell(&self, command: &str) -> String {
        self.computer.run(Exec::shell(command)).await.unwrap().text()
    }

    /// The change is one commit that says `line`, of that file alone, and the tests pass.
    async fn is_fixed_by(&self, path: &str, line: &str) {
        let Repair::Fixed { diff, paths, effort, .. } = &self.repair else {
            panic!("{:#?}\n{:#?}", self.repair, self.progress.first());
        };
        eprintln!("{effort:?} in {:?}", self.took);
        assert!(diff.contains(&format!("\n+{line}\n")), "{diff}");
        assert_eq!(paths, &[path.to_owned()]);
        let changed =
            self.shell("git diff --name-only HEAD~1 HEAD; git rev-list --count HEAD").await;
        assert_eq!(changed, format!("{path}\n2\n"));
        self.is_clean().await;
    }

    async fn is_clean(&self) {
        assert_eq!(self.shell("git status --porcelain").await, "");
    }

    async fn is_untouched(&self) {
        assert_eq!(self.shell("git rev-list --count HEAD").await, "1\n");
        self.is_clean().await;
    }
}

const INIT: (&str, &str) = ("tests/__init__.py", "");

#[tokio::test]
async fn an_operator_with_pytest() {
    let story = tell(
        PYTEST,
        &[
            ("conftest.py", ""),
            ("shop/__init__.py", ""),
            (
                "shop/price.py",
                "def total(prices, discount):\n    whole = 0\n    for price in prices:\n        \
                 whole += price\n    return whole + whole * discount\n",
            ),
            (
                "tests/test_price.py",
                "import pytest\nfrom shop.price import total\n\n\
                 @pytest.mark.parametrize('d,e', [(0, 30), (0.5, 15), (0.1, 27)])\n\
                 def test_total(d, e):\n    assert total([10, 20], d) == e\n\n\
                 def test_nothing():\n    assert total([], 0.5) == 0\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("shop/price.py", "    return whole - whole * discount").await;
    let message = story.shell("git log -1 --format=%B").await;
    let message = message.lines().take(13).collect::<Vec<_>>().join("\n");
    expect_test::expect![[r#"
        Use `-` instead of `+` in `total`

        shop/price.py, line 5, said

            return whole + whole * discount

        and says now

            return whole - whole * discount

        These tests failed and pass now:
        - tests/test_price.py::test_total[0.5-15]
        - tests/test_price.py::test_total[0.1-27]"#]]
    .assert_eq(&message);
}

#[tokio::test]
async fn a_loop_that_never_ends_with_unittest() {
    let story = tell(
        UNITTEST,
        &[
            INIT,
            (
                "find.py",
                "def find(values, wanted):\n    low, high = 0, len(values)\n    while low < high:\n        \
                 middle = (low + high) // 2\n        if values[middle] == wanted:\n            \
                 return middle\n        if values[middle] < wanted:\n            low = middle\n        \
                 else:\n            high = middle\n    return -1\n",
            ),
            (
                "tests/test_find.py",
                "import unittest\nfrom find import find\n\nclass Find(unittest.TestCase):\n    \
                 def test_beyond(self):\n        self.assertEqual(find([1, 3, 5], 7), -1)\n    \
                 def test_all(self):\n        values = [2, 3, 5, 7, 11, 13, 17]\n        \
                 for index, value in enumerate(values):\n            with self.subTest(value):\n                \
                 self.assertEqual(find(values, value), index)\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("find.py", "            low = middle + 1").await;
}

#[tokio::test]
async fn a_value_that_is_set_while_modules_are_imported() {
    let story = tell(
        PYTEST,
        &[
            ("conftest.py", ""),
            (
                "table.py",
                "def square(n):\n    return n * 2\n\nSQUARES = [square(n) for n in range(6)]\n\n\
                 def look_up(n):\n    return SQUARES[n]\n",
            ),
            (
                "tests/test_table.py",
                "from table import look_up\n\ndef test_three():\n    assert look_up(3) == 9\n\n\
                 def test_five():\n    assert look_up(5) == 25\n\ndef test_two():\n    assert look_up(2) == 4\n",
            ),
        ],
    )
    .await;
    let Repair::Fixed { diff, .. } = &story.repair else { panic!("{:#?}", story.repair) };
    assert!(diff.contains("return n * n") || diff.contains("return n ** 2"), "{diff}");
}

#[tokio::test]
async fn a_method_of_a_class_with_a_wrong_attribute() {
    let story = tell(
        UNITTEST,
        &[
            INIT,
            (
                "box.py",
                "class Box:\n    def __init__(self, left, right, top, bottom):\n        self.left = left\n        \
                 self.right = right\n        self.top = top\n        self.bottom = bottom\n\n    \
                 def width(self):\n        return self.right - self.left\n\n    \
                 def height(self):\n        return self.bottom - self.left\n\n    \
                 def area(self):\n        return self.width() * self.height()\n",
            ),
            (
                "tests/test_box.py",
                "import unittest\nfrom box import Box\n\nclass Test(unittest.TestCase):\n    \
                 def setUp(self):\n        self.box = Box(1, 4, 2, 12)\n    \
                 def test_width(self):\n        self.assertEqual(self.box.width(), 3)\n    \
                 def test_height(self):\n        self.assertEqual(self.box.height(), 10)\n    \
                 def test_area(self):\n        self.assertEqual(self.box.area(), 30)\n    \
                 def test_shifted(self):\n        self.assertEqual(Box(5, 6, 7, 20).height(), 13)\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("box.py", "        return self.bottom - self.top").await;
}

#[tokio::test]
async fn swapped_arguments_of_a_recursion() {
    let story = tell(
        PYTEST,
        &[
            ("conftest.py", ""),
            ("divide.py", "def gcd(a, b):\n    if b == 0:\n        return a\n    return gcd(a % b, b)\n"),
            (
                "tests/test_divide.py",
                "import pytest\nfrom divide import gcd\n\n\
                 @pytest.mark.parametrize('a,b,e', [(12, 18, 6), (7, 0, 7), (35, 21, 7), (13, 4, 1)])\n\
                 def test_gcd(a, b, e):\n    assert gcd(a, b) == e\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("divide.py", "    return gcd(b, a % b)").await;
}

#[tokio::test]
async fn a_missing_clause() {
    let story = tell(
        PYTEST,
        &[
            ("conftest.py", ""),
            (
                "change.py",
                "def ways(coins, total):\n    if total == 0:\n        return 1\n    if total < 0:\n        \
                 return 0\n    first, *rest = coins\n    return ways(coins, total - first) + ways(rest, total)\n",
            ),
            (
                "tests/test_change.py",
                "from change import ways\n\ndef test_one():\n    assert ways([1], 3) == 1\n\n\
                 def test_two():\n    assert ways([1, 5, 10, 25], 11) == 4\n\n\
                 def test_none():\n    assert ways([5], 3) == 0\n\ndef test_zero():\n    assert ways([], 0) == 1\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("change.py", "    if total < 0 or not coins:").await;
}

#[tokio::test]
async fn a_default_of_a_parameter() {
    let story = tell(
        UNITTEST,
        &[
            INIT,
            ("words.py", "def join(words, separator='-'):\n    return separator.join(words)\n\n\
             def csv(words):\n    return join(words, ',')\n\ndef sentence(words):\n    return join(words, ' ')\n"),
            (
                "tests/test_words.py",
                "import unittest\nfrom words import csv, join, sentence\n\nclass Test(unittest.TestCase):\n    \
                 def test_join(self):\n        self.assertEqual(join(['a', 'b']), 'a b')\n    \
                 def test_csv(self):\n        self.assertEqual(csv(['a', 'b']), 'a,b')\n    \
                 def test_sentence(self):\n        self.assertEqual(sentence(['a', 'b']), 'a b')\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("words.py", "def join(words, separator=' '):").await;
}

#[tokio::test]
async fn two_bugs_at_once() {
    let story = tell(
        PYTEST,
        &[
            ("conftest.py", ""),
            ("two.py", "def smallest(values):\n    return max(values)\n\ndef after(n):\n    return n - 1\n"),
            (
                "tests/test_two.py",
                "from two import after, smallest\n\ndef test_smallest():\n    assert smallest([3, 1, 2]) == 1\n    \
                 assert smallest([5, 4]) == 4\n    assert smallest([2, 6, 4]) == 2\n\n\
                 def test_after():\n    assert after(1) == 2\n    assert after(7) == 8\n\n\
                 def test_other():\n    assert True\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("two.py", "    return min(values)").await;
    story.is_fixed_by("two.py", "    return n + 1").await;
}

#[tokio::test]
async fn a_test_command_that_runs_scripts_of_its_own() {
    let story = tell(
        "python3 check.py one && python3 check.py two",
        &[
            ("double.py", "def double(n):\n    return n + 2\n"),
            (
                "check.py",
                "import sys, unittest\n\nclass Test(unittest.TestCase):\n    def test_double(self):\n        \
                 from double import double\n        self.assertEqual(double(2), 4)\n        \
                 self.assertEqual(double(5), 10)\n\nunittest.main(argv=sys.argv[:1])\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("double.py", "    return n * 2").await;
}

/// The command line of the tests' process differs each time, so no fork server serves it.
#[tokio::test]
async fn tests_that_no_server_can_serve() {
    let story = tell(
        "python3 -m pytest -q --basetemp=$(mktemp -d)/t",
        &[
            ("conftest.py", ""),
            ("half.py", "def half(n):\n    return n * 2\n"),
            (
                "test_half.py",
                "from half import half\n\ndef test_four():\n    assert half(4) == 2\n\n\
                 def test_ten():\n    assert half(10) == 5\n",
            ),
        ],
    )
    .await;
    let Repair::Fixed { diff, .. } = &story.repair else { panic!("{:#?}", story.repair) };
    assert!(diff.contains("return n / 2") || diff.contains("return n // 2"), "{diff}");
    story.is_clean().await;
}

#[tokio::test]
async fn a_fixture_of_a_whole_class_that_fails() {
    let story = tell(
        UNITTEST,
        &[
            INIT,
            (
                "shelf.py",
                "class Shelf:\n    def __init__(self, size):\n        self.size = size\n        \
                 self.books = []\n\n    def put(self, book):\n        if len(self.books) <= self.size:\n            \
                 raise ValueError('full')\n        self.books.append(book)\n",
            ),
            (
                "tests/test_shelf.py",
                "import unittest\nfrom shelf import Shelf\n\nclass Test(unittest.TestCase):\n    @classmethod\n    \
                 def setUpClass(cls):\n        cls.shelf = Shelf(2)\n        cls.shelf.put('a')\n        \
                 cls.shelf.put('b')\n    def test_books(self):\n        \
                 self.assertEqual(self.shelf.books, ['a', 'b'])\n    def test_full(self):\n        \
                 with self.assertRaises(ValueError):\n            self.shelf.put('c')\n\n\
                 class Empty(unittest.TestCase):\n    def test_size(self):\n        \
                 self.assertEqual(Shelf(3).size, 3)\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("shelf.py", "        if len(self.books) >= self.size:").await;
}

#[tokio::test]
async fn tests_in_the_script_that_they_test() {
    let story = tell(
        "python3 shapes.py",
        &[(
            "shapes.py",
            "import unittest\n\ndef area(width, height):\n    return width + height\n\n\
             class Test(unittest.TestCase):\n    def test_area(self):\n        \
             self.assertEqual(area(2, 3), 6)\n    def test_flat(self):\n        \
             self.assertEqual(area(2, 0), 0)\n\nif __name__ == '__main__':\n    unittest.main()\n",
        )],
    )
    .await;
    story.is_fixed_by("shapes.py", "    return width * height").await;
}

#[tokio::test]
async fn functions_among_the_tests_of_pytest() {
    let story = tell(
        PYTEST,
        &[(
            "test_shapes.py",
            "def area(width, height):\n    return width + height\n\n\
             def test_area():\n    assert area(2, 3) == 6\n\ndef test_flat():\n    assert area(2, 0) == 0\n",
        )],
    )
    .await;
    story.is_fixed_by("test_shapes.py", "    return width * height").await;
}

#[tokio::test]
async fn records_of_a_process_that_died_while_it_wrote() {
    let story = tell(
        "python3 -m pytest -q; code=$?; printf '{\"test\": \"half' > $WHIMBREL_OUT/0.jsonl; exit $code",
        &[
            ("conftest.py", ""),
            ("double.py", "def double(n):\n    return n - n\n"),
            (
                "test_double.py",
                "from double import double\n\ndef test_double():\n    assert double(3) == 6\n    \
                 assert double(5) == 10\n    assert double(0) == 0\n    assert double(1) == 2\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("double.py", "    return n + n").await;
}

/// Nothing that a candidate does reaches another one or the work tree.
#[tokio::test]
async fn tests_that_harm_the_process_they_run_in() {
    let story = tell(
        PYTEST,
        &[
            ("conftest.py", ""),
            (
                "half.py",
                "import os\n\ndef half(n):\n    if n == 8 and os.fork() > 0:\n        os.chdir('/')\n        \
                 os.closerange(3, 100)\n    if n == 6:\n        open('junk', 'w').write(str(n))\n        \
                 open('half.txt', 'w').write('spoilt')\n    return n * 2\n",
            ),
            ("half.txt", "as it was\n"),
            (
                "test_half.py",
                "import os\nfrom half import half\n\ndef test_four():\n    value = half(4)\n    \
                 if value == 5:\n        os._exit(0)\n    if value == 3:\n        os.abort()\n    \
                 assert value == 2\n\ndef test_six():\n    assert half(6) == 3\n\n\
                 def test_text():\n    assert half(2) in (1, 4)\n",
            ),
        ],
    )
    .await;
    let Repair::Fixed { diff, .. } = &story.repair else { panic!("{:#?}", story.repair) };
    assert!(diff.contains("return n / 2") || diff.contains("return n // 2"), "{diff}");
    let said = story.shell("cat half.txt; git rev-list --count HEAD; git status --porcelain").await;
    assert_eq!(said, "as it was\n2\n");
}

/// Two tests that any constant would pass say nothing of what is meant.
#[tokio::test]
async fn that_tests_do_not_single_an_edit_out_is_said() {
    let story = tell(
        PYTEST,
        &[
            ("conftest.py", ""),
            ("scale.py", "def scale(n, factor=2):\n    return n + factor\n"),
            (
                "test_scale.py",
                "from scale import scale\n\ndef test_three():\n    assert scale(3) == 6\n",
            ),
        ],
    )
    .await;
    let Repair::Fixed { summary, diff, .. } = &story.repair else { panic!("{:#?}", story.repair) };
    assert!(summary.contains("**The tests don't single it out:**"), "{summary}");
    assert!(summary.contains("inputs near those that the tests use they behave in"), "{summary}");
    assert!(diff.contains("return n * factor") || diff.contains("return n + n"), "{diff}");
}

#[tokio::test]
async fn nothing_fails() {
    let files = [("conftest.py", ""), ("test_a.py", "def test_a():\n    assert True\n")];
    let story = tell(PYTEST, &files).await;
    assert_eq!(story.repair, Repair::NothingFails);
    story.is_untouched().await;
}

async fn cant_run(test_command: &str, files: &[(&str, &str)]) -> (String, String) {
    let story = tell(test_command, files).await;
    story.is_untouched().await;
    let Repair::TestsCantRun { why, remedy, .. } = story.repair else {
        panic!("{:#?}", story.repair)
    };
    (why, remedy)
}

#[tokio::test]
async fn tests_that_cant_run_say_why() {
    let broken = [
        ("conftest.py", ""),
        ("a.py", "def f(:\n    pass\n"),
        ("test_a.py", "from a import f\n\ndef test_f():\n    f()\n"),
    ];
    let (syntax, _) = cant_run(PYTEST, &broken).await;
    let (unittest, _) = cant_run("python3 -m unittest discover", &broken).await;
    let (missing, remedy) = cant_run("python3 -m nosuchrunner", &broken).await;
    let (absent, _) = cant_run("nosuchcommand", &broken).await;
    let (none, _) = cant_run("python3 -m unittest discover -s . -p 'nothing*.py'", &broken).await;
    let (not_python, _) = cant_run("false", &broken).await;
    let (pytest, how) = cant_run("python3 -S -m pytest -q", &broken).await;
    let imports = [("test_a.py", "import nosuchmodule\n\ndef test_f():\n    pass\n")];
    let (module, install) = cant_run(PYTEST, &imports).await;
    let first = [syntax, unittest, missing, remedy, absent, none, not_python];
    let all = [&first[..], &[pytest, how, module, install]].concat().join("\n");
    expect_test::expect![[r#"
        test_a.py can't be loaded: SyntaxError: invalid syntax at a.py:1
        unittest.loader._FailedTest.test_a can't be loaded: SyntaxError: invalid syntax at a.py:1
        Python has no module nosuchrunner, which the test command asks for
        install nosuchrunner (`python3 -m pip install nosuchrunner` in the environment's setup), or set checks.test to a runner that is there
        the test command isn't there: /bin/sh: 1: nosuchcommand: not found
        the test command found no test to run (exit code 0)
        no Python process of the test command let itself be watched (exit code 1)
        Python has no module pytest, which the test command asks for
        install pytest (`python3 -m pip install pytest` in the environment's setup), or set checks.test to a runner that is there
        test_a.py can't be loaded: ModuleNotFoundError: No module named 'nosuchmodule'
        install nosuchmodule (`python3 -m pip install nosuchmodule` in the environment's setup), or repair the import"#]].assert_eq(&all);
}

#[tokio::test]
async fn what_no_small_edit_repairs_is_left_as_it_was() {
    let files = [
        ("conftest.py", ""),
        ("a.py", "def answer(question):\n    return 1\n"),
        (
            "test_a.py",
            "from a import answer\n\ndef test_a():\n    assert answer('why') == 'because of the moon'\n\n\
             def test_b():\n    assert answer('who') == ['a', 'b', 17]\n",
        ),
    ];
    let story = with_time(PYTEST, &files, Duration::from_secs(40)).await;
    story.is_untouched().await;
    let Repair::NotFound { located, effort, .. } = story.repair else {
        panic!("{:#?}", story.repair)
    };
    assert_eq!(located[0].text, "return 1");
    assert!(effort.tried > 20, "{effort:?}");
}

#[tokio::test]
async fn what_is_no_python_is_unsupported() {
    let story = tell("make test", &[("main.c", "int main() { return 1; }\n")]).await;
    assert!(matches!(story.repair, Repair::Unsupported { .. }), "{:#?}", story.repair);
}

/// Methods are compiled by themselves, with what only their class gives them.
#[tokio::test]
async fn a_method_with_private_names_and_a_parent() {
    let story = tell(
        UNITTEST,
        &[
            INIT,
            (
                "account.py",
                "class Base:\n    def __init__(self, owner):\n        self.owner = owner\n\n\n\
                 class Account(Base):\n    \"\"\"Of\n    someone.\"\"\"\n\n    \
                 def __init__(self, owner, money):\n        super().__init__(owner)\n        \
                 self.__money = money\n\n    @property\n    def money(self):\n        \
                 return self.__money\n\n    def pay(self, amount):\n        \
                 self.__money += amount\n",
            ),
            (
                "tests/test_account.py",
                "import unittest\nfrom account import Account\n\n\
                 class Pay(unittest.TestCase):\n    def test_pay(self):\n        \
                 account = Account('ann', 10)\n        account.pay(3)\n        \
                 self.assertEqual((account.owner, account.money), ('ann', 7))\n",
            ),
        ],
    )
    .await;
    story.is_fixed_by("account.py", "        self.__money -= amount").await;
    let Repair::Fixed { effort, .. } = &story.repair else { unreachable!() };
    assert!(effort.swapped.candidates > effort.fresh.candidates, "{effort:?}");
}

#[tokio::test]
async fn a_missing_check_whose_exception_a_test_awaits() {
    let story = tell(
        UNITTEST,
        &[
            INIT,
            (
                "span.py",
                "def span(low, high):\n    return list(range(low, high))\n\n\n\
                 def width(low, high):\n    if low > high:\n        \
                 raise ValueError('reversed')\n    return high - low\n",
            ),
            (
                "tests/test_span.py",
                "import unittest\nfrom span import span, width\n\n\
                 class Span(unittest.TestCase):\n    def test_reversed(self):\n        \
                 with self.assertRaises(ValueError):\n            span(3, 1)\n\n    \
                 def test_others(self):\n        self.assertEqual(span(1, 3), [1, 2])\n        \
                 self.assertEqual(span(3, 3), [])\n        self.assertEqual(width(1, 3), 2)\n",
            ),
        ],
    )
    .await;
    let Repair::Fixed { diff, .. } = &story.repair else { panic!("{:#?}", story.repair) };
    assert!(diff.contains("\n+        raise ValueError"), "{diff}");
}
