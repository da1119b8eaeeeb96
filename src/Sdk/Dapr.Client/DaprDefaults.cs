using Microsoft.Extensions.Configuration;

namespace Dapr;

/// <summary>Where the sidecar is and which tokens are in use: as the configuration says it, otherwise the environment.</summary>
public static class DaprDefaults
{
    /// <summary>Holds the token that the sidecar asks for.</summary>
    public const string DaprApiTokenEnvironmentVariableName = "DAPR_API_TOKEN";

    /// <summary>Holds the token that the sidecar sends to the app.</summary>
    public const string AppApiTokenEnvironmentVariableName = "APP_API_TOKEN";

    /// <summary>Holds the address of the sidecar's HTTP API.</summary>
    public const string DaprHttpEndpointEnvironmentVariableName = "DAPR_HTTP_ENDPOINT";

    /// <summary>Holds the port of the sidecar's HTTP API; read when the address is not set.</summary>
    public const string DaprHttpPortEnvironmentVariableName = "DAPR_HTTP_PORT";

    /// <summary>Holds the address of the sidecar's gRPC API.</summary>
    public const string DaprGrpcEndpointEnvironmentVariableName = "DAPR_GRPC_ENDPOINT";

    /// <summary>Holds the port of the sidecar's gRPC API; read when the address is not set.</summary>
    public const string DaprGrpcPortEnvironmentVariableName = "DAPR_GRPC_PORT";

    /// <summary>Of a sidecar's address of which only the port is known.</summary>
    public const string DefaultDaprScheme = "http";

    /// <summary>Of a sidecar's address of which only the port is known.</summary>
    public const string DefaultDaprHost = "localhost";

    /// <summary>The HTTP API's port when nothing names one.</summary>
    public const int DefaultHttpPort = 3500;

    /// <summary>The gRPC API's port when nothing names one.</summary>
    public const int DefaultGrpcPort = 50001;

    /// <summary>The token that the sidecar asks for; empty when there is none.</summary>
    public static string GetDefaultDaprApiToken(IConfiguration? configuration) => Read(configuration, DaprApiTokenEnvironmentVariableName) ?? "";

    /// <summary>The token that the sidecar sends to the app; empty when there is none.</summary>
    public static string GetDefaultAppApiToken(IConfiguration? configuration) => Read(configuration, AppApiTokenEnvironmentVariableName) ?? "";

    /// <summary>The address of the sidecar's HTTP API.</summary>
    public static string GetDefaultHttpEndpoint(IConfiguration? configuration = null) =>
        Endpoint(configuration, DaprHttpEndpointEnvironmentVariableName, DaprHttpPortEnvironmentVariableName, DefaultHttpPort);

    /// <summary>The address of the sidecar's gRPC API.</summary>
    public static string GetDefaultGrpcEndpoint(IConfiguration? configuration = null) =>
        Endpoint(configuration, DaprGrpcEndpointEnvironmentVariableName, DaprGrpcPortEnvironmentVariableName, DefaultGrpcPort);

    internal static string? TokenOrNull(IConfiguration? configuration = null) => Read(configuration, DaprApiTokenEnvironmentVariableName);

    private static string Endpoint(IConfiguration? configuration, string endpoint, string port, int defaultPort) =>
        Read(configuration, endpoint) is { } address ? new UriBuilder(address).ToString()
        : new UriBuilder(DefaultDaprScheme, DefaultDaprHost, int.TryParse(Read(configuration, port), out var known) ? known : defaultPort).ToString();

    private static string? Read(IConfiguration? configuration, string name) =>
        configuration?[name] is { Length: > 0 } configured ? configured
        : Environment.GetEnvironmentVariable(name) is { Length: > 0 } inherited ? inherited
        : null;
}
