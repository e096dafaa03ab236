// The shop page in Node with undici: by its global request(), as its README shows it, or by one pool
// for each service, kept for the life of the process ($BENCH_POOLS), which costs less.
import { createServer } from "node:http";
import { createRequire } from "node:module";

// undici stands where the benchmark put it, not beside this file.
const undici = createRequire(process.env.BENCH_NODE_MODULES + "/")("undici");

const port = (name) => Number(process.env["BENCH_" + name]);
const kept = {
  connections: Number(process.env.BENCH_CONNECTIONS),
  pipelining: Number(process.env.BENCH_PIPELINING),
  headersTimeout: 30_000,
  bodyTimeout: 30_000,
  keepAliveTimeout: 3_600_000,
  keepAliveMaxTimeout: 3_600_000,
};

// What asks one service: a path in, undici's answer out.
function service(name) {
  const origin = `http://127.0.0.1:${port(name)}`;
  if (!process.env.BENCH_POOLS) return (path) => undici.request(origin + path);
  const pool = new undici.Pool(origin, kept);
  return (path) => pool.request({ path, method: "GET" });
}

const products = service("PRODUCTS");
const inventory = service("INVENTORY");
const favorites = service("FAVORITES");
const cart = service("CART");
const productsPath = `/products?n=${process.env.BENCH_PRODUCTS_SHOWN}`;

async function fetchJson(from, path) {
  const { statusCode, body } = await from(path);
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`status ${statusCode}`);
  }
  return body.json();
}

const orNull = (promise) => promise.catch(() => null);

async function page(user) {
  const [list, inCart, liked] = await Promise.all([
    fetchJson(products, productsPath),
    orNull(fetchJson(cart, `/users/${user}/cart`)),
    orNull(fetchJson(favorites, `/users/${user}/favorites`)),
  ]);
  const stock = await Promise.all(
    list.map((each) => orNull(fetchJson(inventory, `/products/${each.product_id}/inventory`))),
  );
  return JSON.stringify({
    cart_items: inCart?.length ?? null,
    favorite_items: liked?.length ?? null,
    products: list.map((each, i) => ({
      product_id: each.product_id,
      product_name: each.product_name,
      inventory: stock[i]?.inventory ?? null,
    })),
  });
}

function reply(response, status, text) {
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}

const server = createServer((request, response) => {
  const [path, query] = request.url.split("?", 2);
  if (path !== "/products/all") return reply(response, 404, "{}");
  const user = query ? new URLSearchParams(query).get("user") ?? "3" : "3";
  page(encodeURIComponent(user)).then(
    (text) => reply(response, 200, text),
    () => reply(response, 502, "{}"),
  );
});
server.keepAliveTimeout = 3_600_000;
server.listen(port("PORT"), "127.0.0.1", 4096);
