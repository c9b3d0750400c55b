"""Is a recorded history strictly serializable? Every key holds a list that transactions append to and read, so that the lists
themselves tell in which order the writes took effect (the method of Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from
Experimental Observations", VLDB 2020).

A history is a list of Operation. The checker builds the graph of what must come before what:
  ww  the next append to the same key        wr  a read sees an append        rw  a read does not see the next append yet
  rt  an operation ended before another began
A cycle means that no order of the operations explains what the clients saw. With operations on single keys alone this is
linearizability per key.
"""
from dataclasses import dataclass, field

UNKNOWN = float("inf")


@dataclass
class Operation:
    """`appends`: key → the value appended; `reads`: key → the list that was seen. `end` is UNKNOWN if no answer came: the appends
    may have happened, at any later time."""
    start: float
    end: float
    appends: dict = field(default_factory=dict)
    reads: dict = field(default_factory=dict)
    what: str = ""

    @property
    def acknowledged(self):
        return self.end != UNKNOWN


def check(history, final):
    """`final`: key → the list at the end. Returns a list of what is wrong, empty for a good history."""
    problems = []
    writer = {}  # (key, value) → index of the operation
    for index, operation in enumerate(history):
        for key, value in operation.appends.items():
            writer[key, value] = index
    order = version_orders(history, final, writer, problems)
    for (key, value), index in writer.items():
        if history[index].acknowledged and value not in order.get(key, ()):
            problems.append(f"lost: {value} was acknowledged and is not in {key}")
    if problems:
        return problems
    graph = dependencies(history, order, writer)
    cycle = find_cycle(graph, len(history))
    if cycle:
        problems.append("no order explains: " + " -> ".join(describe(history[i]) for i in cycle))
    return problems


def version_orders(history, final, writer, problems):
    """key → the one list of which every read is a beginning."""
    order = {key: list(values) for key, values in final.items()}
    for key, values in order.items():
        if len(set(values)) != len(values):
            problems.append(f"twice: {key} holds a value more than once: {values}")
        for value in values:
            if (key, value) not in writer:
                problems.append(f"from nowhere: {key} holds {value}")
    for operation in history:
        for key, seen in operation.reads.items():
            if order.get(key, [])[:len(seen)] != seen:
                problems.append(f"not a beginning: {describe(operation)} saw {seen} of {key}, in the end {order.get(key)}")
    return order


def dependencies(history, order, writer):
    """Adjacency lists. Nodes from len(history) on stand for moments: they carry the order in time with few edges."""
    graph = [[] for _ in history]
    place = {}
    for key, values in order.items():
        for at, value in enumerate(values):
            place[key, value] = at
        for before, after in zip(values, values[1:]):
            connect(graph, writer[key, before], writer[key, after])
    for index, operation in enumerate(history):
        for key, seen in operation.reads.items():
            if seen:
                connect(graph, writer[key, seen[-1]], index)
            later = order.get(key, [])[len(seen):]
            if later:
                connect(graph, index, writer[key, later[0]])
    add_time(graph, history)
    return graph


def add_time(graph, history):
    events = [(operation.start, 1, index) for index, operation in enumerate(history)]
    events += [(operation.end, 0, index) for index, operation in enumerate(history) if operation.acknowledged]
    moment = None
    for _, begins, index in sorted(events):
        if begins:
            if moment is not None:
                graph[moment].append(index)
        else:
            graph.append([])
            now = len(graph) - 1
            graph[index].append(now)
            if moment is not None:
                graph[moment].append(now)
            moment = now


def connect(graph, before, after):
    if before != after:
        graph[before].append(after)


def find_cycle(graph, operations):
    """Indices of the operations of one cycle, None if there is none."""
    white, grey, black = 0, 1, 2
    colour = [white] * len(graph)
    for root in range(len(graph)):
        if colour[root] != white:
            continue
        path, iterators = [root], [iter(graph[root])]
        colour[root] = grey
        while path:
            step = next(iterators[-1], None)
            if step is None:
                colour[path.pop()] = black
                iterators.pop()
            elif colour[step] == grey:
                return [node for node in path[path.index(step):] if node < operations]
            elif colour[step] == white:
                colour[step] = grey
                path.append(step)
                iterators.append(iter(graph[step]))
    return None


def describe(operation):
    reads = {key: f"{len(seen)} values" for key, seen in operation.reads.items()}
    return f"[{operation.what} {operation.start:.4f}-{operation.end:.4f} append {operation.appends} read {reads}]"
