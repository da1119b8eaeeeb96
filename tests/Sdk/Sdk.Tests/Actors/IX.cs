using Dapr.Actors;
using Sdk.Tests.Actors;

// In no namespace, as the ids were seen for.
#pragma warning disable CA1050

public interface IX : IActor
{
    Task None();

    Task<Amt> One(Amt amount);

    Task<string?> Two(string left, int right);

    Task<string[]> Arr(string[] items);

    Task<string?> Nul(string? s);

    Task<int> Order(int zeta, string alpha);

    Task Go(IX to);
}
