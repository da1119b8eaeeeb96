using Dapr.Common;
using Dapr.Protocol;
using MiniGrpc;
using Wire = Dapr.Protocol.Runtime.V1;
using WireItem = Dapr.Protocol.Common.V1.ConfigurationItem;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    public override async Task<GetConfigurationResponse> GetConfiguration(
        string storeName, IReadOnlyList<string> keys, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = new Wire.GetConfigurationRequest { StoreName = storeName };
        request.Keys.AddRange(keys ?? []);
        Copy(metadata, request.Metadata);
        var response = await CallAsync(DaprMethods.GetConfiguration, request, "read the configuration", cancellationToken).ConfigureAwait(false);
        return new(response.Items.ToDictionary(item => item.Key, item => FromWire(item.Value)));
    }

    public override Task<SubscribeConfigurationResponse> SubscribeConfiguration(
        string storeName, IReadOnlyList<string> keys, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = new Wire.SubscribeConfigurationRequest { StoreName = storeName };
        request.Keys.AddRange(keys ?? []);
        Copy(metadata, request.Metadata);
        return Task.FromResult(new SubscribeConfigurationResponse(new Changes(this, request, cancellationToken)));
    }

    public override async Task<UnsubscribeConfigurationResponse> UnsubscribeConfiguration(
        string storeName, string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(id);
        var request = new Wire.UnsubscribeConfigurationRequest { StoreName = storeName, Id = id };
        var response = await CallAsync(DaprMethods.UnsubscribeConfiguration, request, "end a subscription", cancellationToken).ConfigureAwait(false);
        return new(response.Ok, response.Message);
    }

    private static ConfigurationItem FromWire(WireItem item) => new(item.Value, item.Version, new Dictionary<string, string>(item.Metadata));

    // Opens the stream when it is read, so a source that nobody reads costs nothing. The stream ends with the enumerator.
    private sealed class Changes(DaprClientGrpc client, Wire.SubscribeConfigurationRequest request, CancellationToken subscription) : ConfigurationSource
    {
        private string id = "";

        public override string Id => id;

        public override async IAsyncEnumerator<IDictionary<string, ConfigurationItem>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(subscription, cancellationToken);
            var options = new CallOptions { Headers = client.headers, Cancellation = both.Token };
            using var call = client.channel.ServerStreaming(DaprMethods.SubscribeConfiguration, request, options);
            while (await MoveAsync(call, both.Token).ConfigureAwait(false))
            {
                id = call.Current.Id;
                yield return call.Current.Items.ToDictionary(item => item.Key, item => FromWire(item.Value));
            }
        }

        private static async Task<bool> MoveAsync(ServerStreamingCall<Wire.SubscribeConfigurationResponse> call, CancellationToken cancellation)
        {
            try
            {
                return await call.MoveNextAsync(cancellation).ConfigureAwait(false);
            }
            catch (RpcException e)
            {
                throw GrpcEdge.ToCore(e);
            }
        }
    }
}
