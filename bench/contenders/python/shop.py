"""The shop page in aiohttp with one client session, kept for the life of the process."""

import asyncio
import os

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web


def base(name: str) -> str:
    return f"http://127.0.0.1:{os.environ['BENCH_' + name]}"


PRODUCTS = f"{base('PRODUCTS')}/products?n={os.environ['BENCH_PRODUCTS_SHOWN']}"
INVENTORY, FAVORITES, CART = base("INVENTORY"), base("FAVORITES"), base("CART")


async def fetch(session: ClientSession, url: str):
    async with session.get(url) as answer:
        answer.raise_for_status()
        return await answer.json()


async def page(request: web.Request) -> web.Response:
    session = request.app["session"]
    user = request.query.get("user", "3")
    products, cart, favorites = await asyncio.gather(
        fetch(session, PRODUCTS),
        fetch(session, f"{CART}/users/{user}/cart"),
        fetch(session, f"{FAVORITES}/users/{user}/favorites"),
        return_exceptions=True,
    )
    if isinstance(products, Exception):
        return web.json_response({}, status=502)
    stock = await asyncio.gather(
        *(fetch(session, f"{INVENTORY}/products/{each['product_id']}/inventory") for each in products),
        return_exceptions=True,
    )
    return web.json_response(
        {
            "cart_items": None if isinstance(cart, Exception) else len(cart),
            "favorite_items": None if isinstance(favorites, Exception) else len(favorites),
            "products": [
                {
                    "product_id": each["product_id"],
                    "product_name": each["product_name"],
                    "inventory": None if isinstance(item, Exception) else item["inventory"],
                }
                for each, item in zip(products, stock)
            ],
        }
    )


async def with_session(app: web.Application):
    connector = TCPConnector(keepalive_timeout=3600)
    async with ClientSession(connector=connector, timeout=ClientTimeout(total=30)) as session:
        app["session"] = session
        yield


def main() -> None:
    app = web.Application()
    app.cleanup_ctx.append(with_session)
    app.router.add_get("/products/all", page)
    web.run_app(
        app,
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        access_log=None,
        backlog=4096,
        keepalive_timeout=3600,
        print=None,
    )


main()
