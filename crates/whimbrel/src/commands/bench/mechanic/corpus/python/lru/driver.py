from lru import LruCache

for _ in range(ROUNDS):
    cache = LruCache(R.randint(1, 4), R.choice([None, 3, 8]))
    now = 0
    for _ in range(12):
        now += R.randint(0, 3)
        key, what = R.choice("abcdef"), R.randint(0, 9)
        if what < 4:
            show(cache.put, key, R.randint(0, 99), now)
        elif what < 7:
            show(cache.get, key, now)
        elif what == 7:
            show(cache.purge, now)
        elif what == 8:
            show(cache.peek, key)
        else:
            show(cache.resize, R.randint(1, 4))
    show(cache.keys)
    show(cache.hit_rate)
show(LruCache, 0)
