"""Pure: the picture of an app, as the article draws it, from the stack and what was seen of it.

A function stands with its role and policy as one thing, all log groups as CloudWatch Logs; what connects two things
(a route, a permission, a subscription, a variable) is a part of the arrow. The secrets, which a person keeps, are left
out.
"""

import json
from collections.abc import Iterable, Mapping

from advent_cli.config.schema import Function
from advent_cli.deploy.decide import Action, Step
from advent_cli.diagram.graph import Edge, Graph, Node, State, unique
from advent_cli.stack import grants
from advent_cli.stack.build import Stack

CLIENT, LOGS = "client", "logs"
TABLE = {"read": "reads", "write": "adds to", "read-write": "reads, adds to", "count": "reads, adds to"}
STATES = {
    Action.CREATE: State.MISSING,
    Action.UPDATE: State.DIFFERS,
    Action.NOTHING: State.OK,
    Action.DELETE: State.LEFTOVER,
    Action.BLOCKED: State.UNKNOWN,
}


def of(stack: Stack, steps: Iterable[Step]) -> Graph:
    """The graph of the whole app; without `steps` all states are unknown."""
    return _Drawing(stack, steps).graph()


def parts(stack: Stack, name: str) -> dict[str, list[str]]:
    """The keys of the resources behind a function and its arrows, by the id of the other end, or its own."""
    want = stack.config.functions[name]
    found = {
        f"function/{name}": [f"function/{name}", f"role/{want.role}", f"policy/{want.role}_microservice"],
        LOGS: [f"log-group//aws/lambda/{name}"],
        f"queue/{stack.queue.name}": [f"destination/{name}"] if want.subscribes else [],
    }
    for variable, arn in grants.topic_variables(stack, want).items() if want.publishes else ():
        found[f"topic/{arn.split(':')[-1]}"] = [f"policy/{want.role}_snspublish", f"variable/{variable} on {name}"]
    return found


class _Drawing:
    """The states of the resources by key, and what is drawn so far."""

    def __init__(self, stack: Stack, steps: Iterable[Step]) -> None:
        self.stack = stack
        self.steps = {step.key: step for step in steps}
        self.edges: list[Edge] = []
        self.queue = f"queue/{stack.queue.name}"
        self.table = f"table/{stack.table.name}"
        self.api = f"api/{stack.api.name}"

    def graph(self) -> Graph:
        """Nodes and edges, in the order in which a message takes them."""
        config = self.stack.config
        nodes = []
        if config.routes:
            said = f"{config.slack.trigger_word} ..." if config.slack else ""
            nodes = [Node(CLIENT, "", "Slack" if config.slack else "HTTP"), self._node(self.api)]
            self.edges.append(Edge(CLIENT, self.api, said))
        for name, want in config.functions.items():
            nodes.append(self._node(f"function/{name}", *parts(self.stack, name)[f"function/{name}"][1:]))
            self._edges_of(name, want)
        nodes += [self._node(f"topic/{topic}") for topic in config.topics]
        heard = unique(topic for want in config.functions.values() for topic in want.subscribes)
        self.edges += [Edge(f"topic/{topic}", self.queue, "what it cannot deliver") for topic in heard]
        nodes += [self._node(self.table), Node(LOGS, "", "CloudWatch Logs", self._logs())]
        nodes += [self._node(self.queue)] if self.queue in self.stack.resources else []
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
            lost = "what fails" if want.subscribes else "what it cannot publish"
            self._edge(function, self.queue, lost, *behind[self.queue])
        for topic in want.subscribes:
            pair = f"{topic} to {name}"
            runs = f"runs, if {_filter(want.filter)}" if want.filter else "runs"
            self._edge(f"topic/{topic}", function, runs, f"subscription/{pair}", f"permission/{pair}")

    def _edge(self, source: str, target: str, label: str, *keys: str) -> None:
        """An arrow; of one from or to what is missing it goes without saying that its parts are missing too."""
        is_whole = State.MISSING not in (self._state(source), self._state(target))
        self.edges.append(Edge(source, target, label, self._troubles(keys) if is_whole else ()))

    def _node(self, key: str, *others: str) -> Node:
        """A thing; where it is well itself, what belongs to it may not be."""
        kind, _, name = key.partition("/")
        state = self._state(key)
        troubles = self._troubles(others) if state is State.OK else ()
        return Node(key, kind, name, State.DIFFERS if troubles else state, troubles)

    def _logs(self) -> State:
        states = {self._state(f"log-group//aws/lambda/{name}") for name in self.stack.config.functions}
        return states.pop() if len(states) == 1 else State.DIFFERS

    def _troubles(self, keys: Iterable[str]) -> tuple[str, ...]:
        """What of these is not ok, by its kind; its name follows from where it stands."""
        states = [(key.partition("/")[0], self._state(key)) for key in keys if self.steps]
        return tuple(unique(f"{kind} {state.value}" for kind, state in states if state is not State.OK))

    def _state(self, key: str) -> State:
        step = self.steps.get(key)
        if step is None:
            return State.UNKNOWN
        return State.NOT_OURS if step.foreign else STATES[step.action]


def _filter(policy: Mapping[str, object]) -> str:
    ((scope, wanted),) = policy.items()
    return f"{scope} match {json.dumps(wanted, ensure_ascii=False)}"
