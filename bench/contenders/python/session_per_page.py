"""The shop page as tutorials often write it: a new client session, and so new connections to every
service, for each page; tasks awaited with a time-out, then asked for their results."""

import asyncio
import os

from aiohttp import ClientSession, web

WITHIN = 30.0


def base(name: str) -> str:
    return f"http://127.0.0.1:{os.environ['BENCH_' + name]}"


PRODUCTS = f"{base('PRODUCTS')}/products?n={os.environ['BENCH_PRODUCTS_SHOWN']}"
INVENTORY, FAVORITES, CART = base("INVENTORY"), base("FAVORITES"), base("CART")


def usable(task: asyncio.Task) -> bool:
    if not task.done():
        task.cancel()
        return False
    return task.exception() is None


async def body_or_none(task: asyncio.Task):
    return await task.result().json() if usable(task) else None


async def with_stock(session: ClientSession, products: list) -> list:
    calls = [
        asyncio.create_task(session.get(f"{INVENTORY}/products/{each['product_id']}/inventory"))
        for each in products
    ]
    if calls:
        await asyncio.wait(calls, timeout=WITHIN)
    shown = []
    for each, call in zip(products, calls):
        item = await body_or_none(call)
        shown.append({**each, "inventory": item["inventory"] if item else None})
    return shown


async def page(request: web.Request) -> web.Response:
    user = request.query.get("user", "3")
    async with ClientSession() as session:
        products = asyncio.create_task(session.get(PRODUCTS))
        cart = asyncio.create_task(session.get(f"{CART}/users/{user}/cart"))
        favorites = asyncio.create_task(session.get(f"{FAVORITES}/users/{user}/favorites"))
        await asyncio.wait([products, cart, favorites], timeout=WITHIN)
        listed = await body_or_none(products)
        if listed is None:
            return web.json_response({}, status=504)
        shown = await with_stock(session, listed)
        in_cart, liked = await body_or_none(cart), await body_or_none(favorites)
        return web.json_response(
            {
                "cart_items": None if in_cart is None else len(in_cart),
                "favorite_items": None if liked is None else len(liked),
                "products": shown,
            }
        )


def main() -> None:
    app = web.Application()
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
