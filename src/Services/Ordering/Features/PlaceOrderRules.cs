using System.Text.RegularExpressions;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Features;

/// <summary>What a well-formed order is, and what can be sold. Pure.</summary>
internal static partial class PlaceOrderRules
{
    /// <summary>Shape: every fault is named at once.</summary>
    public static Problem? Check(PlaceOrder.Request request)
    {
        var errors = new Dictionary<string, string[]>();
        if (request.Items is not { Count: >= 1 and <= 50 }) errors["items"] = ["1 to 50 items"];
        else if (request.Items.Any(item => item is null || item.Sku is null || !Id().IsMatch(item.Sku))) errors["items"] = ["every sku is 1 to 64 characters from [A-Za-z0-9_-]"];
        else if (request.Items.Any(item => item.Quantity is < 1 or > 1000)) errors["items"] = ["every quantity is 1 to 1000"];
        else if (request.Items.Select(item => item.Sku).Distinct().Count() != request.Items.Count) errors["items"] = ["every sku once"];
        if (request.PaymentToken is not { Length: >= 1 and <= 64 }) errors["paymentToken"] = ["1 to 64 characters"];
        if (request.Currency is not { Length: 3 } currency || !currency.All(char.IsAsciiLetterUpper)) errors["currency"] = ["three capitals, as in EUR"];
        if (request.Note is { Length: > 500 }) errors["note"] = ["at most 500 characters"];
        return errors.Count == 0 ? null : Problems.Invalid($"The order is not valid: {string.Join(", ", errors.Select(e => $"{e.Key}: {e.Value[0]}"))}.", errors);
    }

    public static Problem? CheckPrices(PlaceOrder.Request request, IReadOnlyDictionary<string, ProductPrice> known)
    {
        if (request.Items.FirstOrDefault(item => !known.ContainsKey(item.Sku)) is { } unknown)
            return Problems.Unprocessable("unknown-sku", "Unknown SKU", $"There is no product {unknown.Sku}.");
        return request.Items.FirstOrDefault(item => known[item.Sku].Price.Currency != request.Currency) is { } other
            ? Problems.Unprocessable("currency-mismatch", "Currency mismatch", $"{other.Sku} is sold in {known[other.Sku].Price.Currency}, the order is in {request.Currency}.")
            : null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex Id();
}
