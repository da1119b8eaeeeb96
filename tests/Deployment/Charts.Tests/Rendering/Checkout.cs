namespace Charts.Tests.Rendering;

/// <summary>Paths of the checkout that the tests were built from.</summary>
internal static class Checkout
{
    public static readonly string Root = FindRoot();
    public static readonly string Chart = Path.Combine(Root, "charts/daprorders");
    public static readonly string Tests = Path.Combine(Root, "tests/Deployment/Charts.Tests");

    /// <summary>UPDATE_SNAPSHOTS=1 writes what is compared otherwise: snapshots, and the inventory of values.</summary>
    public static bool UpdatesSnapshots => Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1";

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "DaprOrders.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside a checkout: no DaprOrders.sln above them.");
        return folder;
    }
}
