"""What the stub services hold, and the page that every contender must make of it. The stub (C++) says
the same; the self-test compares the two."""

from __future__ import annotations

PLAIN = "w" * 255 + "\n"
USER = 3  # where the request names none
COLD_OFFER = "Cold offer, the partner does not answer"


def products(count: int) -> list[dict]:
    return [
        {"product_id": number, "product_name": f"Product number {number}"}
        for number in range(1, count + 1)
    ]


def inventory(product: int) -> int:
    return product * 37 % 101


def cart(user: int) -> list[dict]:
    return [{"product_id": 1 + i} for i in range(user)]


def favorites(user: int) -> list[dict]:
    return [{"product_id": 2 + i} for i in range(user + 1)]


def shop_page(count: int) -> dict:
    return {
        "cart_items": len(cart(USER)),
        "favorite_items": len(favorites(USER)),
        "products": [
            {**product, "inventory": inventory(product["product_id"])}
            for product in products(count)
        ],
    }
