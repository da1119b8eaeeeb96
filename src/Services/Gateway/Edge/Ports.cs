using System.Globalization;
using System.Net;

namespace DaprOrders.Gateway.Edge;

/// <summary>Where the edge listens: DAPRORDERS_PORT for HTTP, DAPRORDERS_GRPC_PORT (the next one) for gRPC, 0 for any free one; this machine only, unless DAPRORDERS_BIND says otherwise.</summary>
internal static class Ports
{
    public static (int Http, int Grpc) Of(IConfiguration configuration)
    {
        var http = Number(configuration, "DAPRORDERS_PORT", 8080);
        return (http, Number(configuration, "DAPRORDERS_GRPC_PORT", http == 0 ? 0 : http + 1));
    }

    public static IPAddress Address(IConfiguration configuration) => configuration["DAPRORDERS_BIND"] switch
    {
        null or "" => IPAddress.Loopback,
        "*" or "+" => IPAddress.Any,
        var text => IPAddress.TryParse(text, out var address) ? address : throw new InvalidOperationException($"DAPRORDERS_BIND is '{text}': give an IP address, or * for all."),
    };

    private static int Number(IConfiguration configuration, string name, int otherwise) => configuration[name] switch
    {
        null or "" => otherwise,
        var text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 0 and < 65_536
            ? port
            : throw new InvalidOperationException($"{name} is '{text}': give a port from 0 to 65535."),
    };
}
