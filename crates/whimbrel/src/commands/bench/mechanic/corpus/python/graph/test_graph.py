import unittest

from graph import Graph


def sample():
    graph = Graph()
    for start, end, weight in [
        ("a", "b", 4), ("a", "c", 1), ("c", "b", 2), ("b", "d", 5), ("c", "d", 8), ("e", "a", 1),
    ]:
        graph.add_edge(start, end, weight)
    return graph


class Ways(unittest.TestCase):
    def test_distances(self):
        self.assertEqual(sample().distances("a"), {"a": 0, "c": 1, "b": 3, "d": 8})

    def test_distance_from_a_dead_end(self):
        self.assertEqual(sample().distances("d"), {"d": 0})

    def test_shortest_path(self):
        self.assertEqual(sample().shortest_path("a", "d"), ["a", "c", "b", "d"])

    def test_path_to_itself(self):
        self.assertEqual(sample().shortest_path("a", "a"), ["a"])

    def test_no_path(self):
        self.assertIsNone(sample().shortest_path("d", "a"))

    def test_both_ways(self):
        graph = Graph()
        graph.add_edge("x", "y", 3, both_ways=True)
        self.assertEqual(graph.shortest_path("y", "x"), ["y", "x"])
        self.assertEqual(graph.distances("y"), {"y": 0, "x": 3})

    def test_default_weight(self):
        graph = Graph()
        graph.add_edge("x", "y")
        self.assertEqual(graph.distances("x")["y"], 1)

    def test_negative_weights_are_refused(self):
        with self.assertRaises(ValueError):
            Graph().add_edge("x", "y", -1)

    def test_zero_weight(self):
        graph = Graph()
        graph.add_edge("x", "y", 0)
        self.assertEqual(graph.distances("x"), {"x": 0, "y": 0})


class Orders(unittest.TestCase):
    def test_reachable(self):
        self.assertEqual(sample().reachable("c"), {"b", "c", "d"})

    def test_reachable_around_a_cycle(self):
        graph = Graph()
        graph.add_edge(1, 2)
        graph.add_edge(2, 1)
        self.assertEqual(graph.reachable(1), {1, 2})

    def test_topological(self):
        self.assertEqual(sample().topological(), ["e", "a", "c", "b", "d"])

    def test_topological_is_by_name_where_it_may(self):
        graph = Graph()
        for node in "cab":
            graph.add_node(node)
        self.assertEqual(graph.topological(), ["a", "b", "c"])

    def test_cycle(self):
        graph = sample()
        graph.add_edge("d", "a")
        with self.assertRaises(ValueError):
            graph.topological()
