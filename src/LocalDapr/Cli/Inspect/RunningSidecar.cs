using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using MiniGrpc;

namespace LocalDapr.Cli.Inspect;

/// <summary>The sidecar a command is for: by the id of its app, or by its gRPC port.</summary>
internal static class RunningSidecar
{
    public const string Help = """
          --app-id ID             the app; its sidecar is found in the names file
          --names-file FILE       where sidecars are found (the file that sidecars use by themselves)
          --dapr-grpc-port N      the sidecar's gRPC port instead (DAPR_GRPC_PORT, 50001)
          --api-token TOKEN       the API token (DAPR_API_TOKEN)
          --json                  JSON instead of text
        """;

    public static readonly string[] Values = ["app-id", "names-file", "dapr-grpc-port", "api-token"];

    /// <exception cref="StartupException">No sidecar of the app runs.</exception>
    public static GrpcChannel Connect(Arguments arguments)
    {
        var headers = new Metadata();
        if ((arguments.Text("api-token") ?? Environment.GetEnvironmentVariable("DAPR_API_TOKEN")) is { Length: > 0 } token)
            headers.Add("dapr-api-token", token);
        var options = new GrpcChannelOptions { MaxReceiveMessageBytes = int.MaxValue, Headers = headers };
        return new GrpcChannel(new Uri($"http://127.0.0.1:{Port(arguments)}"), options);
    }

    private static int Port(Arguments arguments)
    {
        if (arguments.Number("dapr-grpc-port") is { } port) return port;
        if (arguments.Text("app-id") is { } appId)
        {
            return NameResolution.GrpcPortOf(arguments.Text("names-file") ?? NameResolution.DefaultFile, appId)
                ?? throw new StartupException($"no sidecar of app {appId} runs here");
        }

        return int.TryParse(Environment.GetEnvironmentVariable("DAPR_GRPC_PORT"), out var given) ? given : 50_001;
    }
}
