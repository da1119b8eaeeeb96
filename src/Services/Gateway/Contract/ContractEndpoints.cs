namespace DaprOrders.Gateway.Contract;

/// <summary>The contract, machine-readable, for anyone: the two documents beside this file, as they were built in.</summary>
internal static class ContractEndpoints
{
    public static void MapContract(this IEndpointRouteBuilder routes)
    {
        Map(routes, "/openapi/v1.json", "openapi.json");
        Map(routes, "/asyncapi.json", "asyncapi.json");
    }

    private static void Map(IEndpointRouteBuilder routes, string address, string document)
    {
        var bytes = Read(document);
        routes.MapGet(address, () => TypedResults.Bytes(bytes, "application/json"));
    }

    private static byte[] Read(string document)
    {
        using var stream = typeof(ContractEndpoints).Assembly.GetManifestResourceStream(document)
            ?? throw new InvalidOperationException($"The assembly was built without {document}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
