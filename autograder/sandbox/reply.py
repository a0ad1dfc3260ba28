"""What has arrived of one worker's answer so far. Whatever a worker sends, nothing here raises: it is malformed, and the rest is lost."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..check.recording import Item
from ..check.verdict import Failure
from . import wire


@dataclass
class RunAnswer:
    """One run as it came back. sent: its items in order of arrival. ended: how the run stopped early. complete: its end mark arrived.
    printed: bytes up to there, as the worker counted them.
    """

    level: int | None
    sent: dict[str, dict[str, wire.Array] | wire.Fault] = field(default_factory=dict)
    ended: Failure | None = None
    complete: bool = False
    printed: int = 0

    @property
    def items(self) -> dict[str, Item]:
        """As arrays of one's own."""
        return {name: wire.to_value(parts) for name, parts in self.sent.items()}


class Reply:
    """Collects a stream into runs. `malformed` tells what was wrong with it, "" for nothing so far."""

    def __init__(self, runs: list[wire.Run]) -> None:
        self.ready: wire.Ready | None = None
        self.runs = [RunAnswer(run.level) for run in runs]
        self.malformed = ""
        self._frames = wire.Frames()
        self._at = 0

    @property
    def complete(self) -> bool:
        """Every run has its end mark."""
        return self._at == len(self.runs)

    @property
    def done(self) -> bool:
        """Nothing that could still arrive is of interest."""
        return bool(self.malformed) or (self.ready is not None and (self.complete or bool(self.ready.fault)))

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        if self.done:
            return
        try:
            for message in self._frames.feed(data):
                self._take(message)
                if self.done:
                    return
        except wire.WireError as error:
            self.malformed = str(error)

    def _take(self, message: wire.Message) -> None:
        if isinstance(message, wire.Ready):
            if self.ready is not None:
                raise wire.WireError("two beginnings")
            self.ready = message
            return
        if self.ready is None or self.complete or message.run != self._at:
            raise wire.WireError("a message out of order")
        run = self.runs[self._at]
        if isinstance(message, wire.End):
            run.ended = None if message.ended is None else wire.to_failure(message.ended)
            run.complete, run.printed = True, message.printed
            self._at += 1
            return
        name = wire.clean(message.name, wire.LONGEST_NAME)
        if name in run.sent or len(run.sent) >= wire.MOST_ITEMS or len(message.name) > wire.LONGEST_NAME:
            raise wire.WireError("a repeated or overlong name, or too many items")
        run.sent[name] = wire.sound(message.parts)
