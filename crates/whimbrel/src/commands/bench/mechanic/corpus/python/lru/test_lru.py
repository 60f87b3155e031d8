import unittest

from lru import LruCache


class Lru(unittest.TestCase):
    def setUp(self):
        self.cache = LruCache(2)
        self.cache.put("a", 1)
        self.cache.put("b", 2)

    def test_gets_what_was_put(self):
        self.assertEqual((self.cache.get("a"), self.cache.get("b")), (1, 2))

    def test_forgets_the_longest_unused(self):
        self.cache.get("a")
        self.assertEqual(self.cache.put("c", 3), "b")
        self.assertEqual(self.cache.keys(), ["a", "c"])

    def test_putting_again_is_a_use(self):
        self.assertIsNone(self.cache.put("a", 9))
        self.cache.put("c", 3)
        self.assertEqual((self.cache.peek("a"), self.cache.peek("b")), (9, None))

    def test_peeking_is_no_use(self):
        self.assertEqual(self.cache.peek("a"), 1)
        self.assertEqual(self.cache.put("c", 3), "a")
        self.assertEqual((self.cache.hits, self.cache.misses), (0, 0))

    def test_default(self):
        self.assertEqual(self.cache.get("x", default=7), 7)
        self.assertEqual(self.cache.peek("x", 8), 8)
        self.assertEqual(len(self.cache), 2)

    def test_hit_rate(self):
        self.assertEqual(LruCache(1).hit_rate(), 0.0)
        for key in "aabx":
            self.cache.get(key)
        self.assertEqual(self.cache.hit_rate(), 0.75)

    def test_resize(self):
        self.cache.resize(1)
        self.assertEqual(self.cache.keys(), ["b"])
        self.cache.put("c", 3)
        self.assertEqual(self.cache.keys(), ["c"])

    def test_no_room_is_refused(self):
        with self.assertRaises(ValueError):
            LruCache(0)


class TimeToLive(unittest.TestCase):
    def setUp(self):
        self.cache = LruCache(3, time_to_live=10)
        self.cache.put("a", 1, now=0)
        self.cache.put("b", 2, now=5)

    def test_until_the_last_moment(self):
        self.assertEqual(self.cache.get("a", now=9), 1)
        self.assertIsNone(self.cache.get("a", now=10))
        self.assertEqual((len(self.cache), self.cache.misses), (1, 1))

    def test_putting_renews(self):
        self.cache.put("a", 3, now=8)
        self.assertEqual(self.cache.get("a", now=15), 3)

    def test_purge(self):
        self.assertEqual(self.cache.purge(now=12), 1)
        self.assertEqual(self.cache.keys(), ["b"])
