from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench import page
from bench.tools import Tools

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Services:
    """Ports of the stub services, and one where nobody listens."""

    plain: int
    products: int
    inventory: int
    favorites: int
    cart: int
    refused: int

    def listening(self) -> list[int]:
        return [self.plain, self.products, self.inventory, self.favorites, self.cart]


@dataclass(frozen=True)
class Ground:
    """Where one contender stands in one suite."""

    folder: Path
    port: int
    admin: int
    services: Services
    products: int  # how many the page shows

    def fill(self, template: str, **more: object) -> Path:
        """The template with its @NAMES@ replaced, `more` of them among these, in the contender's folder. Both YAML of weir and
        the configuration of nginx use `$`, so the usual placeholder will not do."""
        source = HERE / template
        text = source.read_text("utf-8")
        words = {
            "PORT": self.port,
            "ADMIN": self.admin,
            "PRODUCTS_SHOWN": self.products,
            "FOLDER": self.folder,
            "TEMPLATES": source.parent,
            "COLD_OFFER": page.COLD_OFFER,
            **{name.upper(): port for name, port in vars(self.services).items()},
            **{name.upper(): value for name, value in more.items()},
        }
        for name, value in words.items():
            text = text.replace(f"@{name}@", str(value))
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / source.name
        target.write_text(text, "utf-8")
        return target

    def environment(self) -> dict[str, str]:
        """The same for contenders that are programs."""
        named = {f"BENCH_{name.upper()}": port for name, port in vars(self.services).items()}
        named |= {"BENCH_PORT": self.port, "BENCH_PRODUCTS_SHOWN": self.products}
        return {name: str(value) for name, value in named.items()}


class Contender:
    name: str
    title: str

    def missing(self, tools: Tools) -> str | None:
        """Why it cannot run here, if it cannot."""
        raise NotImplementedError

    def command(self, tools: Tools, ground: Ground) -> list[str]:
        """Writes what it needs into the ground's folder and says how it is started."""
        raise NotImplementedError

    def environment(self, tools: Tools, ground: Ground) -> dict[str, str]:
        return {}

    def prepare(self, ground: Ground) -> None:
        """Brings it, running, into the state that is to be measured; raises if that fails."""
