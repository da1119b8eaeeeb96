using System.Text.Json;
using Dapr.Common;
using Grpc.Net.Client;

namespace Dapr.Client;

/// <summary>Builds a <see cref="DaprClient"/>; what is not set comes from the environment.</summary>
public sealed class DaprClientBuilder
{
    private Uri httpEndpoint = new(DaprDefaults.GetDefaultHttpEndpoint());
    private Uri grpcEndpoint = new(DaprDefaults.GetDefaultGrpcEndpoint());
    private string? apiToken = DaprDefaults.TokenOrNull();
    private JsonSerializerOptions json = new(JsonSerializerDefaults.Web);
    private GrpcChannelOptions? channelOptions;
    private TimeSpan? timeout;

    /// <summary>The sidecar's HTTP endpoint.</summary>
    public DaprClientBuilder UseHttpEndpoint(string httpEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(httpEndpoint);
        this.httpEndpoint = new(httpEndpoint);
        return this;
    }

    /// <summary>The sidecar's gRPC endpoint.</summary>
    public DaprClientBuilder UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(grpcEndpoint);
        this.grpcEndpoint = new(grpcEndpoint);
        return this;
    }

    /// <summary>How values become JSON; web defaults otherwise.</summary>
    public DaprClientBuilder UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        json = options;
        return this;
    }

    /// <summary>Message sizes and the handler are taken from these options.</summary>
    public DaprClientBuilder UseGrpcChannelOptions(GrpcChannelOptions grpcChannelOptions)
    {
        channelOptions = grpcChannelOptions;
        return this;
    }

    /// <summary>The token the sidecar asks for.</summary>
    public DaprClientBuilder UseDaprApiToken(string apiToken)
    {
        this.apiToken = string.IsNullOrEmpty(apiToken) ? null : apiToken;
        return this;
    }

    /// <summary>The deadline of every call.</summary>
    public DaprClientBuilder UseTimeout(TimeSpan timeout)
    {
        this.timeout = timeout;
        return this;
    }

    /// <summary>Builds the client. Throws <see cref="InvalidOperationException"/> for endpoints that are not http or https.</summary>
    public DaprClient Build()
    {
        if (grpcEndpoint.Scheme is not ("http" or "https") || httpEndpoint.Scheme is not ("http" or "https"))
        {
            throw new InvalidOperationException("The endpoints of the sidecar must be http or https.");
        }

        var channel = new MiniGrpc.GrpcChannel(grpcEndpoint, GrpcEdge.ToMini(channelOptions));
        return new DaprClientGrpc(channel, httpEndpoint, apiToken, json, timeout);
    }
}
