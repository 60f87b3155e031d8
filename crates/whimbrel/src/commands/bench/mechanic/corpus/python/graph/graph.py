"""Weighted directed graphs: shortest ways, components, orders."""

import heapq


class Graph:
    def __init__(self):
        self.edges = {}

    def add_node(self, node):
        self.edges.setdefault(node, {})

    def add_edge(self, start, end, weight=1, both_ways=False):
        if weight < 0:
            raise ValueError("weights aren't negative")
        self.add_node(start)
        self.add_node(end)
        self.edges[start][end] = weight
        if both_ways:
            self.edges[end][start] = weight

    def distances(self, start):
        """The length of the shortest way to each node that can be reached."""
        known = {}
        waiting = [(0, start)]
        while waiting:
            length, node = heapq.heappop(waiting)
            if node in known:
                continue
            known[node] = length
            for neighbour, weight in self.edges.get(node, {}).items():
                if neighbour not in known:
                    heapq.heappush(waiting, (length + weight, neighbour))
        return known

    def shortest_path(self, start, end):
        """The nodes on the way, or None."""
        best = {start: 0}
        before = {}
        waiting = [(0, start)]
        while waiting:
            length, node = heapq.heappop(waiting)
            if node == end:
                return self._walk_back(before, start, end)
            if length > best[node]:
                continue
            for neighbour, weight in sorted(self.edges[node].items()):
                total = length + weight
                if neighbour not in best or total < best[neighbour]:
                    best[neighbour] = total
                    before[neighbour] = node
                    heapq.heappush(waiting, (total, neighbour))
        return None

    @staticmethod
    def _walk_back(before, start, end):
        path = [end]
        while path[-1] != start:
            path.append(before[path[-1]])
        path.reverse()
        return path

    def reachable(self, start):
        seen = set()
        stack = [start]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            stack.extend(self.edges.get(node, {}))
        return seen

    def topological(self):
        """An order in which each edge leads forward; a cycle is an error."""
        incoming = {node: 0 for node in self.edges}
        for targets in self.edges.values():
            for target in targets:
                incoming[target] += 1
        ready = sorted(node for node, count in incoming.items() if count == 0)
        order = []
        while ready:
            node = ready.pop(0)
            order.append(node)
            for target in self.edges[node]:
                incoming[target] -= 1
                if incoming[target] == 0:
                    ready.append(target)
            ready.sort()
        if len(order) != len(self.edges):
            raise ValueError("there is a cycle")
        return order
