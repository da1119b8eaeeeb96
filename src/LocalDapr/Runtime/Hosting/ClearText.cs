using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace LocalDapr.Runtime.Hosting;

/// <summary>
/// HTTP/1.1 and HTTP/2 by prior knowledge on one port without TLS, as daprd has them. Kestrel chooses by what TLS has negotiated and
/// takes HTTP/1.1 when there is none, so a connection that begins with the preface of HTTP/2 is given what TLS would have said.
/// </summary>
internal static class ClearText
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2"u8;

    public static void UseBothVersions(this ListenOptions endpoint)
    {
        endpoint.KestrelServerOptions.AllowAlternateSchemes = true; // 'http' on a connection that Kestrel believes to be TLS
        endpoint.Use(next => async connection =>
        {
            if (await BeginsWithPrefaceAsync(connection))
            {
                var negotiated = new Http2Negotiated();
                connection.Features.Set<ITlsConnectionFeature>(negotiated);
                connection.Features.Set<ITlsApplicationProtocolFeature>(negotiated);
            }
            else
            {
                var input = new RequestHeads(connection.Transport.Input);
                connection.Features.Set(input);
                connection.Transport = new Duplex(input, connection.Transport.Output);
            }
            await next(connection);
        });
    }

    // Nothing is consumed: whoever serves the connection reads the same bytes again.
    private static async ValueTask<bool> BeginsWithPrefaceAsync(ConnectionContext connection)
    {
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(closing);
                var length = (int)Math.Min(read.Buffer.Length, Preface.Length);
                var begin = read.Buffer.Slice(0, length).ToArray();
                var same = Preface[..length].SequenceEqual(begin);
                var decided = !same || length == Preface.Length || read.IsCompleted;
                input.AdvanceTo(read.Buffer.Start, decided ? read.Buffer.Start : read.Buffer.End);
                if (decided) return same && length > 0;
            }
        }
        catch (OperationCanceledException)
        {
            return false; // the server stops, and tells the connection so itself
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Http2Negotiated : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public X509Certificate2? ClientCertificate { get; set; }

        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult(ClientCertificate);
    }
}
