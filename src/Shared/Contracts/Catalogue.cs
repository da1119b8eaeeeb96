using System.Text.Json.Serialization;

namespace DaprOrders.Contracts;

/// <summary>Minor units (cents) and an ISO 4217 code.</summary>
public sealed record Money([property: JsonRequired] long Amount, [property: JsonRequired] string Currency);

/// <summary>Inventory, <c>POST /internal/prices</c>: prices of these SKUs now; unknown ones are left out.</summary>
public sealed record PriceQuery(IReadOnlyList<string> Skus);

public sealed record ProductPrice(string Sku, string Name, Money Price);

public sealed record PriceList(IReadOnlyList<ProductPrice> Items);

/// <summary>Ordering, <c>POST /internal/prices/changed</c>: called by Inventory before PUT /products answers, so that the next order has the new price.</summary>
public sealed record PricesChanged(IReadOnlyList<ProductPrice> Items);
