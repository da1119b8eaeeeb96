using System.Text.Json;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Dapr.Common;

/// <summary>What the builders of the newer clients have in common. What is not set comes from the configuration or the environment.</summary>
public abstract class DaprGenericClientBuilder<TClientBuilder>
    where TClientBuilder : class, IDaprClient
{
    /// <summary>Reads the defaults.</summary>
    protected DaprGenericClientBuilder(IConfiguration? configuration = null)
    {
        HttpEndpoint = DaprDefaults.GetDefaultHttpEndpoint(configuration);
        GrpcEndpoint = DaprDefaults.GetDefaultGrpcEndpoint(configuration);
        DaprApiToken = DaprDefaults.GetDefaultDaprApiToken(configuration);
    }

    /// <summary>How values become JSON; the web defaults unless set.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; private set; } = new(JsonSerializerDefaults.Web);

    /// <summary>The token that the sidecar asks for; empty when there is none.</summary>
    public string DaprApiToken { get; private set; }

    internal string HttpEndpoint { get; private set; }

    internal string GrpcEndpoint { get; private set; }

    internal GrpcChannelOptions? GrpcChannelOptions { get; private set; }

    internal TimeSpan? Timeout { get; private set; }

    /// <summary>The sidecar's HTTP endpoint.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseHttpEndpoint(string httpEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(httpEndpoint);
        HttpEndpoint = httpEndpoint;
        return this;
    }

    /// <summary>The sidecar's gRPC endpoint.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(grpcEndpoint);
        GrpcEndpoint = grpcEndpoint;
        return this;
    }

    /// <summary>How values become JSON.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        JsonSerializerOptions = options;
        return this;
    }

    /// <summary>Message sizes and the handler are taken from these options.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseGrpcChannelOptions(GrpcChannelOptions grpcChannelOptions)
    {
        GrpcChannelOptions = grpcChannelOptions;
        return this;
    }

    /// <summary>The token that the sidecar asks for.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseDaprApiToken(string apiToken)
    {
        DaprApiToken = apiToken ?? "";
        return this;
    }

    /// <summary>The deadline of every call.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseTimeout(TimeSpan timeout)
    {
        Timeout = timeout;
        return this;
    }

    /// <summary>Builds the client.</summary>
    public abstract TClientBuilder Build();
}
