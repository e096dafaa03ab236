-- The shop page: products, cart and favorites at once, then the inventory of every product at once.
local json = require "cjson.safe"
local capture_multi = ngx.location.capture_multi

local shop = {}

local function decoded(reply)
  if reply.status ~= 200 or reply.truncated then return nil end
  return json.decode(reply.body)
end

local function count(reply)
  local list = decoded(reply)
  return list and #list or json.null
end

function shop.page(products_uri)
  local user = ngx.var.arg_user or "3"
  local products, cart, favorites = capture_multi {
    { products_uri }, { "/-/cart/" .. user }, { "/-/favorites/" .. user },
  }
  local list = decoded(products)
  if not list then return ngx.exit(502) end

  local calls = {}
  for i = 1, #list do calls[i] = { "/-/products/" .. list[i].product_id .. "/inventory" } end
  local stock = #calls > 0 and { capture_multi(calls) } or {}
  for i = 1, #list do
    local item = decoded(stock[i])
    list[i] = {
      product_id = list[i].product_id,
      product_name = list[i].product_name,
      inventory = item and item.inventory or json.null,
    }
  end

  local body = json.encode {
    cart_items = count(cart), favorite_items = count(favorites), products = list,
  }
  ngx.header.content_length = #body
  ngx.print(body)
end

return shop
