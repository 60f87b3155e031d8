"""Half-open intervals of whole numbers: sorted, merged, cut and searched."""


def normalise(intervals):
    """Sorted, without empty ones; a reversed interval is an error."""
    kept = []
    for start, end in intervals:
        if start > end:
            raise ValueError(f"interval {start}..{end} is reversed")
        if start < end:
            kept.append((start, end))
    return sorted(kept)


def merge(intervals):
    """Joins what overlaps or touches."""
    merged = []
    for start, end in normalise(intervals):
        if merged and start <= merged[-1][1]:
            last_start, last_end = merged[-1]
            merged[-1] = (last_start, max(last_end, end))
        else:
            merged.append((start, end))
    return merged


def covered(intervals):
    """How many numbers are in at least one of them."""
    return sum(end - start for start, end in merge(intervals))


def contains(intervals, point):
    """Whether a point is in one of them, by binary search."""
    merged = merge(intervals)
    low, high = 0, len(merged)
    while low < high:
        middle = (low + high) // 2
        start, end = merged[middle]
        if point < start:
            high = middle
        elif point >= end:
            low = middle + 1
        else:
            return True
    return False


def subtract(intervals, others):
    """What is in the first but in none of the others."""
    result = []
    cuts = merge(others)
    for start, end in merge(intervals):
        at = start
        for cut_start, cut_end in cuts:
            if cut_end <= at:
                continue
            if cut_start >= end:
                break
            if cut_start > at:
                result.append((at, cut_start))
            at = cut_end
        if at < end:
            result.append((at, end))
    return result


def gaps(intervals, start, end):
    """The free parts of start..end."""
    return subtract([(start, end)], intervals)


def most_at_once(intervals):
    """The largest number of intervals that share a point."""
    steps = []
    for start, end in normalise(intervals):
        steps.append((start, 1))
        steps.append((end, -1))
    depth = deepest = 0
    for _, step in sorted(steps):
        depth += step
        deepest = max(deepest, depth)
    return deepest
