using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.ConfigurationApi;

/// <summary>The configuration API of one sidecar.</summary>
internal sealed partial class ConfigurationBlock(Sidecar sidecar) : IBuildingBlock
{
    private readonly ILogger _log = sidecar.NewLog("configuration");
    private readonly OpenComponents<ConfigurationStore> _stores = new(sidecar, "configuration");

    public ValueTask OpenAsync(CancellationToken cancellation) => _stores.UpdateAsync(
        component => ValueTask.FromResult<ConfigurationStore?>(new ConfigurationStore(component, sidecar.Host.Time, _log)),
        static store => store.DisposeAsync());

    public ValueTask ReloadAsync(CancellationToken cancellation) => OpenAsync(cancellation);

    public void MapHttp(IEndpointRouteBuilder http) => http.MapConfigurationHttp(this);

    public void MapGrpc(IEndpointRouteBuilder grpc) => grpc.MapConfigurationGrpc(this);

    public ValueTask StartAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public async ValueTask StopAsync(CancellationToken cancellation)
    {
        foreach (var store in _stores.All) await store.DisposeAsync();
    }

    /// <summary>Throws Dapr's error when there is no such store.</summary>
    public ConfigurationStore Find(string name)
    {
        if (_stores.Find(name) is { } store) return store;
        throw _stores.Count == 0 ? DaprErrors.ConfigurationStoresNotConfigured() : DaprErrors.ConfigurationStoreNotFound(name);
    }

    public IReadOnlyDictionary<string, ConfigurationValue> Get(string name, IReadOnlyCollection<string> keys)
    {
        var store = Find(name);
        try
        {
            return store.Get(keys);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            throw DaprErrors.ConfigurationGet($"[{string.Join(' ', keys)}]", name, error.Message);
        }
    }

    /// <summary>Posts every change to the app, one at a time, until it is unsubscribed; gives the id.</summary>
    public string SubscribeApp(string name, IReadOnlyCollection<string> keys)
    {
        var store = Find(name);
        if (!sidecar.App.Exists)
            throw DaprErrors.ConfigurationSubscribe($"[{string.Join(' ', keys)}]", name, "app channel is not initialized");
        var (id, changes) = store.Subscribe(keys);
        _ = PostAsync(name, id, changes);
        return id;
    }

    // Ends with the subscription; a post that fails is logged and not repeated, for the next change says more.
    private async Task PostAsync(
        string name, string id, System.Threading.Channels.ChannelReader<KeyValuePair<string, ConfigurationValue>> changes)
    {
        await foreach (var change in changes.ReadAllAsync())
        {
            try
            {
                var path = $"/configuration/{Uri.EscapeDataString(name)}/{Uri.EscapeDataString(change.Key)}";
                var body = ConfigurationJson.Change(id, change);
                var answer = await sidecar.App.SendAsync(HttpMethod.Post, path, "", null, body, "application/json", sidecar.Stopping);
                if (!answer.IsSuccess) LogRefused(_log, name, change.Key, $"status {answer.Status}");
            }
            catch (HttpRequestException error)
            {
                LogRefused(_log, name, change.Key, error.Message);
            }
            catch (OperationCanceledException)
            {
                return; // the sidecar stops
            }
        }
    }

    [LoggerMessage(EventId = 4302, Level = LogLevel.Warning, Message = "The app did not take the change of {Store}/{Key}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string store, string key, string reason);
}
