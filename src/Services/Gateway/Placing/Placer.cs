using System.Diagnostics;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Gateway.Edge;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Gateway.Placing;

/// <summary>
/// Hands orders on to Ordering: what many customers place within a moment is one invocation. Takes no more than it can answer soon; what is above that
/// is shed before anything is done for it. Safe for concurrent use.
/// </summary>
internal sealed class Placer : IAsyncDisposable
{
    private const int AlonesAbove = 16 * 1024; // bytes: a batch of larger ones would pass the sidecar's limit of a request
    private readonly Services services;
    private readonly MicroBatch<PlaceCommand, PlaceResult> batches;
    private readonly int mostInFlight;
    private readonly TimeSpan patience;
    private int inFlight;

    public Placer(Services services, IConfiguration configuration)
    {
        this.services = services;
        mostInFlight = configuration.GetValue("DAPRORDERS_MAX_PLACING", 1024);
        patience = configuration.GetValue("Placing:Patience", TimeSpan.FromSeconds(30)); // a service that hangs must not keep its places for ever
        batches = new(SendAsync, maxItems: 64, parallel: 16, name: "place orders");
    }

    /// <summary>
    /// The answers in the order of the commands, each as the customer gets it. Null when there are too many under way: nothing was placed. More at a
    /// time than the limit are taken when nothing else is there, so that a large batch is never refused for ever.
    /// </summary>
    public async Task<PlaceResult[]?> PlaceAsync(IReadOnlyList<PlaceCommand> commands)
    {
        var now = Interlocked.Add(ref inFlight, commands.Count);
        try
        {
            if (now > mostInFlight && now > commands.Count) return null;
            var trace = Activity.Current?.Id; // of this request: the invocation is of many
            return await Task.WhenAll(commands.Select(command => OneAsync(command with { Trace = trace })));
        }
        finally
        {
            Interlocked.Add(ref inFlight, -commands.Count);
        }
    }

    public ValueTask DisposeAsync() => batches.DisposeAsync();

    private async Task<PlaceResult> OneAsync(PlaceCommand command)
    {
        try
        {
            return command.Body.Length > AlonesAbove ? (await SendAsync([command]))[0] : await batches.AddAsync(command);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return Refuse(Problems.Unavailable("The ordering service is away; ask again with the same key.", retryAfterSeconds: 2)); // it may have stored it: the key tells
        }
    }

    public static PlaceResult Refuse(Problem problem) => new(problem.Status, JsonSerializer.SerializeToUtf8Bytes(problem, Defaults.Json), RetryAfter: problem.RetryAfter);

    private async Task<IReadOnlyList<PlaceResult>> SendAsync(IReadOnlyList<PlaceCommand> commands)
    {
        using var request = services.Request(HttpMethod.Post, Apps.Ordering, "internal/orders/place");
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new PlaceBatch(commands), Defaults.Json));
        request.Content.Headers.ContentType = new("application/json");
        using var limit = new CancellationTokenSource(patience);
        using var answer = await services.SendAsync(request, limit.Token);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync(limit.Token);
        return (await JsonSerializer.DeserializeAsync<PlaceResults>(body, Defaults.Json, limit.Token))!.Items;
    }
}
