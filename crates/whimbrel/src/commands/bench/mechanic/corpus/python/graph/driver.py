from graph import Graph

for _ in range(ROUNDS):
    graph = Graph()
    size = R.randint(2, 7)
    forward = R.random() < 0.4
    for node in range(size):
        graph.add_node(node)
    for _ in range(R.randint(0, 14)):
        start, end = R.randrange(size), R.randrange(size)
        if forward and start >= end:
            continue
        graph.add_edge(start, end, R.randint(0, 9), R.random() < 0.1 and not forward)
    one, other = R.randrange(size), R.randrange(size)
    show(lambda: sorted(graph.distances(one).items()))
    show(graph.shortest_path, one, other)
    show(lambda: sorted(graph.reachable(one)))
    show(graph.topological)
show(Graph().add_edge, 1, 2, -3)
