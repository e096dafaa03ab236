from __future__ import annotations

from bench.contenders.base import Contender, Ground
from bench.tools import Tools


class Nginx(Contender):
    """One of its configurations."""

    def __init__(self, template: str, name: str, title: str, lua: bool = False) -> None:
        self._template = template
        self.name = name
        self.title = title
        self._lua = lua

    def missing(self, tools: Tools) -> str | None:
        if not tools.nginx:
            return "nginx is not installed (apt: nginx)"
        if self._lua and not tools.has_lua():
            return "nginx has no Lua here (apt: libnginx-mod-http-lua lua-cjson)"
        return None

    def command(self, tools: Tools, ground: Ground) -> list[str]:
        conf = ground.fill(f"nginx/{self._template}")
        # -e: otherwise it opens the system's error log before it has read ours.
        return [tools.nginx, "-p", str(ground.folder), "-e", "stderr", "-c", str(conf)]


def proxy() -> Nginx:
    return Nginx("proxy.conf", "nginx", "nginx")


def shop() -> Nginx:
    return Nginx("shop.conf", "nginx_lua", "nginx + Lua", lua=True)


def returning() -> Nginx:
    return Nginx("return.conf", "nginx_return", "nginx return")
