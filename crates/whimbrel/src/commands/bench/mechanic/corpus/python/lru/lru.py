"""A cache that forgets what was used longest ago, or what is too old."""

from collections import OrderedDict


class LruCache:
    def __init__(self, capacity, time_to_live=None):
        if capacity < 1:
            raise ValueError("a cache holds at least one entry")
        self.capacity = capacity
        self.time_to_live = time_to_live
        self.hits = 0
        self.misses = 0
        self._entries = OrderedDict()

    def __len__(self):
        return len(self._entries)

    def get(self, key, now=0, default=None):
        entry = self._entries.get(key)
        if entry is None or self._is_stale(entry, now):
            self._entries.pop(key, None)
            self.misses += 1
            return default
        self.hits += 1
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key, value, now=0):
        """Gives the key that had to go, if one had."""
        if key in self._entries:
            self._entries.move_to_end(key)
        self._entries[key] = (value, now)
        if len(self._entries) > self.capacity:
            gone, _ = self._entries.popitem(last=False)
            return gone
        return None

    def peek(self, key, default=None):
        """Without counting as a use."""
        entry = self._entries.get(key)
        return default if entry is None else entry[0]

    def purge(self, now):
        """Removes what is too old. Gives how many entries that were."""
        stale = [key for key, entry in self._entries.items() if self._is_stale(entry, now)]
        for key in stale:
            del self._entries[key]
        return len(stale)

    def resize(self, capacity):
        self.capacity = capacity
        while len(self._entries) > self.capacity:
            self._entries.popitem(last=False)

    def hit_rate(self):
        total = self.hits + self.misses
        if total == 0:
            return 0.0
        return self.hits / total

    def keys(self):
        """The longest unused first."""
        return list(self._entries)

    def _is_stale(self, entry, now):
        if self.time_to_live is None:
            return False
        return now - entry[1] >= self.time_to_live
