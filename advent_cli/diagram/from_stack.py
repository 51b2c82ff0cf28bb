"""Pure: builds the diagram of an app, as in the article, from its stack and the steps of an inspection.

A function with its role and policy is one node, and all log groups are one, CloudWatch Logs. A resource that connects
two others (a route, a permission, a subscription, a variable) is part of the arrow. Secrets, which a person sets, are
left out. A role that config.yaml gives the functions is a node by itself.
"""

import json
from collections.abc import Iterable, Mapping

from advent_cli.config.schema import Function
from advent_cli.deploy.decide import Action, Step
from advent_cli.diagram.graph import Edge, Graph, Node, State, unique
from advent_cli.stack import grants
from advent_cli.stack.build import Stack

CLIENT, LOGS, ROLE = "client", "logs", "execution role"
TABLE = {"read": "reads", "write": "adds to", "read-write": "reads, adds to", "count": "reads, adds to"}
STATES = {
    Action.CREATE: State.MISSING,
    Action.UPDATE: State.DIFFERS,
    Action.NOTHING: State.OK,
    Action.DELETE: State.ORPHAN,
    Action.BLOCKED: State.UNKNOWN,
}


def build_graph(stack: Stack, steps: Iterable[Step]) -> Graph:
    """The graph of the whole app; without `steps` all states are unknown."""
    return _Builder(stack, steps).graph()


def parts(stack: Stack, name: str) -> dict[str, list[str]]:
    """The keys of the parts shown at each node id: the function's at its own, and of each arrow at its target's."""
    want = stack.config.functions[name]
    policies = [] if stack.execution_role else [f"policy/{want.role}_microservice", f"policy/{want.role}_snspublish"]
    keys = {
        f"function/{name}": [f"function/{name}", *([f"role/{want.role}"] if policies else []), *policies[:1]],
        LOGS: [f"log-group//aws/lambda/{name}"],
        f"queue/{stack.queue.name}": [f"destination/{name}"] if want.subscribes else [],
    }
    for variable, arn in grants.topic_variables(stack, want).items() if want.publishes else ():
        keys[f"topic/{arn.split(':')[-1]}"] = [*policies[1:], f"variable/{variable} on {name}"]
    return keys


class _Builder:
    """Builds the graph of a stack; `steps` have the states of the resources."""

    def __init__(self, stack: Stack, steps: Iterable[Step]) -> None:
        self.stack = stack
        self.steps = {step.key: step for step in steps}
        self.edges: list[Edge] = []
        self.queue = f"queue/{stack.queue.name}"
        self.table = f"table/{stack.table.name}"
        self.api = f"api/{stack.api.name}"

    def graph(self) -> Graph:
        """Nodes and edges, in the order in which a message passes them."""
        config = self.stack.config
        nodes = []
        if config.routes:
            label = f"{config.slack.trigger_word} ..." if config.slack else ""
            nodes = [Node(CLIENT, "", "Slack" if config.slack else "HTTP"), self._node(self.api)]
            self.edges.append(Edge(CLIENT, self.api, label))
        for name, want in config.functions.items():
            nodes.append(self._node(f"function/{name}", *parts(self.stack, name)[f"function/{name}"][1:]))
            self._edges_of(name, want)
        nodes += [self._node(f"topic/{topic}") for topic in config.topics]
        subscribed = unique(topic for want in config.functions.values() for topic in want.subscribes)
        self.edges += [Edge(f"topic/{topic}", self.queue, "failed deliveries") for topic in subscribed]
        nodes += [self._node(self.table), Node(LOGS, "", "CloudWatch Logs", self._logs())]
        nodes += [self._node(self.queue)] if self.queue in self.stack.resources else []
        if role := self.stack.execution_role:
            nodes.append(Node(ROLE, "role", role.name, State.UNMANAGED))
        nodes += [self._node(key) for key, step in self.steps.items() if step.want is None]
        return Graph(tuple(nodes), tuple(self.edges))

    def _edges_of(self, name: str, want: Function) -> None:
        function, behind = f"function/{name}", parts(self.stack, name)
        if want.routes:
            keys = [key for route in want.routes for key in (f"route/{route}", f"permission/{route} to {name}")]
            self._edge(self.api, function, ", ".join(want.routes), *keys)
        if want.table != "none":
            self._edge(function, self.table, TABLE[want.table])
        for topic in want.publishes:
            self._edge(function, f"topic/{topic}", "publishes to", *behind[f"topic/{topic}"])
        self._edge(function, LOGS, "logs to", *behind[LOGS])
        if want.publishes or want.subscribes:
            label = "failed events" if want.subscribes else "failed publishes"
            self._edge(function, self.queue, label, *behind[self.queue])
        if self.stack.execution_role:
            self.edges.append(Edge(function, ROLE, "runs as"))
        for topic in want.subscribes:
            pair = f"{topic} to {name}"
            label = f"runs, if {_filter(want.filter)}" if want.filter else "runs"
            self._edge(f"topic/{topic}", function, label, f"subscription/{pair}", f"permission/{pair}")

    def _edge(self, source: str, target: str, label: str, *keys: str) -> None:
        """Add an arrow; if one of its ends is missing, its parts are too, so they are no separate problems."""
        is_whole = State.MISSING not in (self._state(source), self._state(target))
        self.edges.append(Edge(source, target, label, self._problems(keys) if is_whole else ()))

    def _node(self, key: str, *others: str) -> Node:
        """The node of a resource; it differs if it is ok itself but one of the `others`, its parts, is not."""
        kind, _, name = key.partition("/")
        state = self._state(key)
        problems = self._problems(others) if state is State.OK else ()
        return Node(key, kind, name, State.DIFFERS if problems else state, problems)

    def _logs(self) -> State | None:
        """The state of all log groups; None if they differ, because then the arrows have it."""
        states = {self._state(f"log-group//aws/lambda/{name}") for name in self.stack.config.functions}
        return states.pop() if len(states) == 1 else None

    def _problems(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The parts that are not ok, as in `role missing`; their names follow from the node or arrow."""
        states = [(key.partition("/")[0], self._state(key)) for key in keys if self.steps]
        return tuple(unique(f"{kind} {state.value}" for kind, state in states if state is not State.OK))

    def _state(self, key: str) -> State:
        step = self.steps.get(key)
        if step is None:
            return State.UNKNOWN
        return State.FOREIGN if step.foreign else STATES[step.action]


def _filter(policy: Mapping[str, object]) -> str:
    ((scope, wanted),) = policy.items()
    return f"{scope} match {json.dumps(wanted, ensure_ascii=False)}"
