"""How student code is to be kept in, as the person who runs the grader chose it, and the client that does so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from . import layers
from .client import Zygote
from .errors import GraderError
from .simple import STATEMENT, Simple

Client = Zygote | Simple


@dataclass(frozen=True)
class Footing:
    """simple: a fresh process a question and nothing around it. require: layers to insist on, beyond those that are required here anyway.
    use: the layers to apply; what is left out is not required (for measuring what each is worth).
    """

    simple: bool = False
    require: Collection[str] = ()
    use: Collection[str] = tuple(layers.LAYERS)

    def client(self, kind: Literal["numpy", "torch"], allow: Sequence[str], hidden: Sequence[str]) -> Client:
        """Raises GraderError where the layers that are required cannot be had, or do not keep `hidden` from being read."""
        if self.simple:
            layers.insist(Simple.layers, self.require)
            return Simple(kind, allow=allow)
        required = {*(layers.required() & set(self.use)), *self.require}
        zygote = Zygote(kind, allow=allow, hidden=hidden, use=self.use, require=required)
        if zygote.exposed:
            zygote.close()
            raise GraderError(told_exposed(zygote.exposed[0]))
        return zygote


CONFINED = Footing()


def told_exposed(path: str) -> str:
    return (
        f"student code could read {path} here, and with it everything would be won: neither Landlock nor chroot is available. "
        f"Make it private (chmod o-rwx on it or on its folder), or {layers.REMEDIES['landlock']}."
    )


def states(client: Client) -> dict[str, str]:
    """The layers for a result: "active" or what the absence means. Without confinement, its statement in place of the absent ones."""
    if isinstance(client, Simple):
        return {**dict.fromkeys(client.layers, "active"), "confinement": STATEMENT}
    return layers.states(client.layers)
